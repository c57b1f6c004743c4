"""Says until when nothing may ring at a customer's. Pure."""

import re
from datetime import datetime, time, timedelta

from shared.clock import ALMATY

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")


def parse_quiet_hours(text: str) -> tuple[time, time] | None:
    """Returns when quiet begins and ends, on Almaty's clock; None for `none`. Raises ValueError."""
    if text.strip().lower() == "none":
        return None
    found = _HOURS.fullmatch(text.strip())
    if found is None:
        raise ValueError("must be two times of day such as 22:00-08:00, or none")
    hours = [int(part) for part in found.groups()]
    return time(hours[0], hours[1]), time(hours[2], hours[3])


def find_end_of_quiet(text: str, now: datetime) -> datetime | None:
    """Returns when the quiet that is on at that moment ends; None where there is none."""
    quiet = parse_quiet_hours(text)
    local = now.astimezone(ALMATY)
    if quiet is None or not _is_between(*quiet, local.time()):
        return None
    end = local.replace(hour=quiet[1].hour, minute=quiet[1].minute, second=0, microsecond=0)
    return end if end > local else end + timedelta(days=1)


def _is_between(begin: time, end: time, now: time) -> bool:
    return begin <= now < end if begin <= end else now >= begin or now < end
