"""Time: always aware. Salons and cashboxes of Kazakhstan live at +05:00 (the whole country since 2024-03-01)."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

ALMATY = ZoneInfo("Asia/Almaty")


def utc_now() -> datetime:
    return datetime.now(UTC)


def almaty_date(moment: datetime) -> date:
    return moment.astimezone(ALMATY).date()
