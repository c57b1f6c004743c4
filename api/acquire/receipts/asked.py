"""Reads what an address asks the list of receipts for, and writes addresses that ask for more or less. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from api.acquire.receipts.states import Period, ReceiptSort, StateFilter
from shared.clock import ALMATY
from shared.fiscal.statuses import PaymentKind

_EARLIEST, _LATEST = date(2000, 1, 1), date(2100, 1, 1)
_DAYS = {Period.TODAY: (0, 1), Period.YESTERDAY: (-1, 0), Period.WEEK: (-6, 1), Period.MONTH: (-29, 1)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Cursor:
    """Names the last receipt of a page: the next one starts behind it."""

    moment: datetime
    id: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Holds what to show. `day` overrules `period`; `key` hides the words of a search; `after`: the cursor as text."""

    period: Period = Period.ALL
    day: date | None = None
    sort: ReceiptSort | None = None
    way: PaymentKind | None = None
    state: StateFilter | None = None
    cashier: int | None = None
    key: str = ""
    after: str = ""

    def link(self, **changes: Any) -> str:
        """Returns the query of an address that asks for the same with these changes, from the first page on."""
        other = replace(self, **{"after": "", **changes})
        told = {
            "period": "" if other.day or other.period is Period.ALL else other.period.value,
            "day": other.day.isoformat() if other.day else "",
            "sort": other.sort or "",
            "way": other.way or "",
            "state": other.state or "",
            "cashier": other.cashier or "",
            "key": other.key,
            "after": other.after,
        }
        return "?" + urlencode({name: value for name, value in told.items() if value})

    @property
    def is_narrowed(self) -> bool:
        """Says whether there is anything to clear but the days."""
        return bool(self.sort or self.way or self.state or self.cashier)

    def find_limits(self, today: date) -> tuple[datetime, datetime] | None:
        """Returns the moments from which on and before which receipts are shown; None for all."""
        if self.day is not None:
            first, last = self.day, self.day + timedelta(days=1)
        elif self.period is Period.ALL:
            return None
        else:
            first, last = (today + timedelta(days=number) for number in _DAYS[self.period])
        return datetime.combine(first, time(), tzinfo=ALMATY), datetime.combine(last, time(), tzinfo=ALMATY)


def read_asked(query: Mapping[str, str]) -> Asked:
    """Reads the query of an address; what cannot be read is not asked for."""
    period, sort, way, state = (query.get(name, "") for name in ("period", "sort", "way", "state"))
    cashier = query.get("cashier", "")
    return Asked(
        period=Period(period) if period in set(Period) else Period.ALL,
        day=_read_day(query.get("day", "")),
        sort=ReceiptSort(sort) if sort in set(ReceiptSort) else None,
        way=PaymentKind(way) if way in set(PaymentKind) else None,
        state=StateFilter(state) if state in set(StateFilter) else None,
        cashier=int(cashier) if cashier.isascii() and cashier.isdigit() and len(cashier) < 19 else None,
        key=query.get("key", "")[:1000],
        after=query.get("after", "")[:60],
    )


def _read_day(typed: str) -> date | None:
    try:
        return min(max(date.fromisoformat(typed), _EARLIEST), _LATEST)
    except ValueError:
        return None


def write_cursor(moment: datetime, row_id: int) -> str:
    """Returns the cursor of a row as text, exact to the microsecond: a rounded time would skip or repeat receipts."""
    return f"{(moment - _EPOCH) // _MICROSECOND}.{row_id}"


def read_cursor(typed: str) -> Cursor | None:
    """Reads what `write_cursor` wrote; None for anything else."""
    try:
        moment, row_id = (int(part) for part in typed.split("."))
        return Cursor(_EPOCH + moment * _MICROSECOND, row_id) if 0 < row_id < 2**63 else None
    except (ValueError, OverflowError):
        return None
