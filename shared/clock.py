"""Tells the time, always aware. Salons and cashboxes of Kazakhstan live at +05:00 (the whole country since 2024-03-01)."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ALMATY = ZoneInfo("Asia/Almaty")


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


def parse_moment(value: Any) -> datetime | None:
    """Reads a time as Webkassa writes it; None where it cannot be read.

    `DD.MM.YYYY HH:mm[:ss]` in the cashbox's local time, or ISO. An offset is dropped: captured answers carry local time
    under the name of UTC (`DateTimeUTC`).
    """
    text = re.sub(r"\s*[+-]\d\d:\d\d$", "", str(value or "").strip())
    for pattern in ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=ALMATY)
        except ValueError:
            continue
    return None
