"""When a shift's time has come: by the salon's clock, and before Webkassa's 24 hours."""

from datetime import datetime, time, timedelta

import pytest

from shared.clock import ALMATY
from worker.cashbox.shift.clock import CLOSE_AT_AGE, OLD_AT_AGE, choose_pause, find_close_moment, read_close_time


def almaty(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ALMATY)


@pytest.mark.parametrize(
    ("opened", "close_at", "expected"),
    [
        ("2026-03-02T09:00", "23:50", "2026-03-02T23:50"),
        ("2026-03-02T23:49:59", "23:50", "2026-03-02T23:50"),
        # At the next 23:50 these would be nearly a day old.
        ("2026-03-02T23:50", "23:50", "2026-03-03T21:20"),
        ("2026-03-03T00:30", "23:50", "2026-03-03T22:00"),
        # A salon that works through midnight.
        ("2026-03-02T18:00", "04:00", "2026-03-03T04:00"),
        ("2026-03-31T22:00", "00:15", "2026-04-01T00:15"),
    ],
)
def test_the_moment_of_closing(opened: str, close_at: str, expected: str) -> None:
    assert find_close_moment(almaty(opened), read_close_time(close_at)) == almaty(expected)


@pytest.mark.parametrize("minute", range(0, 24 * 60, 7))
def test_there_is_time_left_to_try_and_to_warn_whenever_a_shift_begins(minute: int) -> None:
    opened = almaty("2026-03-02T00:00") + timedelta(minutes=minute)
    moment = find_close_moment(opened, time(23, 50))
    assert opened < moment <= opened + CLOSE_AT_AGE < opened + OLD_AT_AGE < opened + timedelta(hours=24)


def test_tries_come_soon_at_first_and_never_rarer_than_every_quarter_of_an_hour() -> None:
    pauses = [choose_pause(failures) for failures in range(1, 60)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (timedelta(minutes=2), timedelta(minutes=15))
