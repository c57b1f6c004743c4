"""Tells the time, always aware. Salons and cashboxes of Kazakhstan live at +05:00 (the whole country since 2024-03-01)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ALMATY = ZoneInfo("Asia/Almaty")
# .NET says 0001-01-01 or 9999-12-31 for a time that there is not.
_FIRST_YEAR, _LAST_YEAR = 2000, 2200


@dataclass(slots=True)
class Clock:
    """Holds how far this process's time is ahead of the machine's: nothing, except where a simulation lets a month pass."""

    ahead: timedelta = timedelta(0)


clock = Clock()


def utc_now() -> datetime:
    """Returns the time of this process in UTC, moved where a simulation moved it."""
    return datetime.now(UTC) + clock.ahead


def almaty_date(moment: datetime) -> date:
    """Returns the day of an aware time on Almaty's calendar."""
    return moment.astimezone(ALMATY).date()


_LOCAL = re.compile(r"(\d\d?)\.(\d\d?)\.(\d{4}) (\d\d?):(\d\d)(?::(\d\d))?")
_OFFSET = re.compile(r"\s*[+-]\d\d:?\d\d$")


def parse_moment(value: Any) -> datetime | None:
    """Reads a time as Webkassa writes it; None where it cannot be read, or is of no register's days.

    `DD.MM.YYYY HH:mm[:ss]` in the cashbox's local time, or ISO. An offset is dropped: captured answers carry local time
    under the name of UTC (`DateTimeUTC`).
    """
    text = _OFFSET.sub("", str(value or "").strip())
    local = _LOCAL.fullmatch(text)
    try:
        if local is not None:
            day, month, year, hour, minute, second = (int(part or 0) for part in local.groups())
            moment = datetime(year, month, day, hour, minute, second, tzinfo=ALMATY)
        else:
            moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not _FIRST_YEAR <= moment.year < _LAST_YEAR:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=ALMATY)
