"""Backups that cease, or that cannot be restored, are told of: by an alert and by the doctor."""

import pytest

from tests.support.bridge import Bridge
from worker.entry.doctor.backups import look_at_backups
from worker.entry.doctor.findings import Level
from worker.rounds.watch.backups import find_backup_trouble


def note(bridge: Bridge, age: str, tried: str | None = None, trial: str | None = None) -> None:
    bridge.execute(
        "INSERT INTO backups (name, bytes, rows, created_at, tried_at, trial) VALUES"
        " (:age, 1, '{}', now() - CAST(:age AS interval), now() - CAST(:tried AS interval), :trial)",
        age=age,
        tried=tried,
        trial=trial,
    )


def find(bridge: Bridge) -> tuple[list[str], Level]:
    services = bridge.services
    found = [condition.key for condition in find_backup_trouble(services.sessions, services.settings)]
    (finding,) = look_at_backups(services.sessions)
    return found, finding.level


def test_none_are_missed_where_there_never_was_one(bridge: Bridge) -> None:
    assert find(bridge) == ([], Level.WARNING)


@pytest.mark.parametrize(
    ("backups", "keys", "level"),
    [
        pytest.param([("25 hours", "25 hours", None)], [], Level.OK, id="last night's"),
        pytest.param([("27 hours", "2 days", None)], ["late"], Level.PROBLEM, id="none for 26 hours"),
        pytest.param([("1 hour", "1 hour", "its tables cannot be read")], ["unfit"], Level.PROBLEM, id="unfit"),
        pytest.param([("8 days", "8 days", "unfit"), ("1 hour", "1 hour", None)], [], Level.OK, id="unfit once"),
        pytest.param([("10 days", "10 days", None), ("1 hour", None, None)], ["untried"], Level.WARNING, id="untried"),
        pytest.param([("10 days", None, None), ("1 hour", None, None)], ["untried"], Level.WARNING, id="never tried"),
        pytest.param([("3 days", None, None), ("1 hour", None, None)], [], Level.OK, id="not tried yet"),
    ],
)
def test_what_is_told(
    bridge: Bridge, backups: list[tuple[str, str | None, str | None]], keys: list[str], level: Level
) -> None:
    for backup in backups:
        note(bridge, *backup)
    assert find(bridge) == (keys, level)
