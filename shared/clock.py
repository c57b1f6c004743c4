"""Time: always aware. Salons and cashboxes of Kazakhstan live at +05:00 (the whole country since 2024-03-01)."""

import re
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

ALMATY = ZoneInfo("Asia/Almaty")


def utc_now() -> datetime:
    return datetime.now(UTC)


def almaty_date(moment: datetime) -> date:
    return moment.astimezone(ALMATY).date()


def parse_moment(value: Any) -> datetime | None:
    """`DD.MM.YYYY HH:mm[:ss]` in cashbox time, or ISO."""
    text = re.sub(r"\s*[+-]\d\d:\d\d$", "", str(value or "").strip())
    for pattern in ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=ALMATY)
        except ValueError:
            continue
    return None
