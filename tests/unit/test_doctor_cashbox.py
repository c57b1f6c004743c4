from datetime import UTC, datetime
from typing import Any

import pytest

from worker.doctor.webkassa import judge_cashbox

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def info(status: Any = 1, ends: Any = "2027-02-28T00:00:00+05:00") -> dict[str, Any]:
    return {"CashboxStatus": status, "License": {"LicenseStatus": 2, "LicenseExpirationDate": ends}, "Ofd": {"Ofd": 3}}


@pytest.mark.parametrize(
    ("answer", "level", "words"),
    [
        pytest.param(info(), "ok", "licence until 2027-02-28", id="active"),
        pytest.param(info(status=2), "problem", "status 2", id="blocked"),
        pytest.param({}, "problem", "status None", id="nothing-said"),
        pytest.param(info(ends="2026-12-01T00:00:00+05:00"), "warning", "2026-12-01", id="ends-soon"),
        pytest.param(
            info(ends="2026-11-24T00:00:00"), "problem", "2026-11-24", id="ended-in-almaty-while-utc-says-so-later"
        ),
        pytest.param(info(ends="soon"), "ok", "active", id="unreadable-date"),
        pytest.param({"CashboxStatus": 1, "License": None}, "ok", "active", id="no-licence-told"),
    ],
)
def test_what_client_info_means(answer: dict[str, Any], level: str, words: str) -> None:
    finding = judge_cashbox("cashbox", answer, NOW)
    assert (finding.level, bool(finding.fix)) == (level, level != "ok")
    assert words in finding.said
