"""What the doctor says of secrets: what the start refuses once, and what it lets pass as warnings."""

from typing import Any

import pytest

from shared.config import Settings
from worker.entry.doctor.examine import look_at_settings
from worker.entry.doctor.findings import Finding, Level
from worker.entry.doctor.secrets import look_at_secrets

LONG, SHORT, PATH = "0f1e2d3c4b5a69788796a5b4c3d2e1f0", "0f1e2d3c4b5a6978", "n7Kq-2vXw.9Zt_4Lp~c"


def examine(**fields: Any) -> list[Finding]:
    settings = Settings(_env_file=None, **{"secret_key": LONG, "altegio_webhook_secret": PATH} | fields)
    return [found for found in (*look_at_settings(settings), *look_at_secrets(settings)) if found.level is not Level.OK]


def list_told(word: str, **fields: Any) -> list[tuple[Level, str]]:
    return [(found.level, found.name) for found in examine(**fields) if word in found.said]


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def test_good_secrets_are_nothing_to_talk_about() -> None:
    assert list_told("SECRET") == []


def test_what_stops_the_start_is_a_problem_told_once() -> None:
    assert list_told("ALTEGIO_WEBHOOK_SECRET", altegio_webhook_secret="s3cret") == [(Level.PROBLEM, "settings of the api")]


def test_what_debug_lets_pass_is_warned_about() -> None:
    assert list_told("FLOWER", debug=True, flower_basic_auth="ops:change-me") == [(Level.WARNING, "secrets")]


def test_a_key_that_is_only_just_long_enough_is_warned_about() -> None:
    assert list_told("SECRET_KEY", secret_key=SHORT) == [(Level.WARNING, "secrets")]
    assert list_told("SECRET_KEY", secret_key=f"{LONG},{SHORT}") == [(Level.WARNING, "secrets")]
