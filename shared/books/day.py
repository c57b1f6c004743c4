"""Adds up a day of receipts: takings, hours, ways of payment, reasons of returns, specialists and what was sold.

By the index of issued receipts, and never read one by one. A large day takes its time: who looks often keeps the figures.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Integer, Numeric, Text, and_, cast, column, func, literal_column, select, true
from sqlalchemy.orm import Session

from shared.books.paid import paid_as, signed
from shared.books.read.days import Days
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind, ReceiptKind, ReceiptState
from shared.storage.models import Receipt, ReturnOrder, Visit

# Of each register; a page shows the first of them.
MOST_NAMED = 200


@dataclass(slots=True)
class Named:
    """Adds up what has one name: how many there were, and the money; of a specialist, how many visits."""

    name: str
    count: Decimal
    total: Decimal


@dataclass(slots=True)
class DaySums:
    """Adds up a day. `takings`: sales less returns; `by_kind` and `by_hour` too, the hours by Almaty's clock."""

    sold: Decimal = ZERO
    returned: Decimal = ZERO
    receipts: int = 0
    returns: int = 0
    by_kind: dict[PaymentKind, Decimal] = field(default_factory=dict)
    by_hour: dict[int, Decimal] = field(default_factory=dict)

    @property
    def takings(self) -> Decimal:
        return self.sold - self.returned

    @property
    def average(self) -> Decimal | None:
        """Returns what a sale brings, to the tenge; None on a day without one."""
        return (self.sold / self.receipts).quantize(Decimal(1)) if self.receipts else None


@dataclass(slots=True)
class DayNames:
    """Holds a day's sums by name: why something was returned, whose visits it was, what was sold; the most money first."""

    reasons: list[Named] = field(default_factory=list)
    specialists: list[Named] = field(default_factory=list)
    services: list[Named] = field(default_factory=list)


def add_up_day(session: Session, cashboxes: Sequence[int], day: date) -> DaySums:
    """Returns the sums of a day of these registers."""
    # Counted from the day's beginning: what the database takes for Almaty's clock may be years old.
    since = func.extract("epoch", Receipt.issued_at - Days(day, day).since)
    hour = cast(func.floor(since / 3600), Integer).label("hour")
    sums = [func.sum(paid_as(kind)).label(kind) for kind in PaymentKind]
    query = (
        select(hour, Receipt.kind, func.count().label("count"), func.sum(Receipt.total).label("total"), *sums)
        .where(_is_issued(cashboxes), _is_on(day))
        .group_by(literal_column("1"), Receipt.kind)
    )
    found = DaySums()
    for row in session.execute(query):
        _add(found, row)
    return found


def _add(day: DaySums, row: Any) -> None:
    is_return = row.kind == ReceiptKind.RETURN
    if is_return:
        day.returned, day.returns = day.returned + row.total, day.returns + row.count
    else:
        day.sold, day.receipts = day.sold + row.total, day.receipts + row.count
    day.by_hour[row.hour] = day.by_hour.get(row.hour, ZERO) + (-row.total if is_return else row.total)
    for kind in PaymentKind:
        day.by_kind[kind] = day.by_kind.get(kind, ZERO) + getattr(row, kind)


def _is_on(day: date) -> ColumnElement[bool]:
    return Days(day, day).contain(Receipt.issued_at)


def _is_issued(cashboxes: Sequence[int]) -> ColumnElement[bool]:
    return and_(Receipt.cashbox_id.in_(cashboxes), Receipt.state == ReceiptState.ISSUED)


def name_day(session: Session, cashboxes: Sequence[int], day: date) -> DayNames:
    """Returns a day's sums by name."""
    return DayNames(
        reasons=_list_reasons(session, cashboxes, day),
        specialists=_list_specialists(session, cashboxes, day),
        services=_list_services(session, cashboxes, day),
    )


def _list_reasons(session: Session, cashboxes: Sequence[int], day: date) -> list[Named]:
    reason, total = reason_of_return().label("name"), func.sum(Receipt.total)
    query = (
        select(reason, func.count(), total)
        .select_from(Receipt)
        .outerjoin(ReturnOrder, ReturnOrder.return_receipt_id == Receipt.id)
        .where(_is_issued(cashboxes), _is_on(day), Receipt.kind == ReceiptKind.RETURN)
        .group_by(reason)
        .order_by(total.desc(), reason)
    )
    return _read_names(session, query)


def reason_of_return() -> ColumnElement[str]:
    """Returns the expression for why something was returned: the code that staff chose, or their words of before."""
    return func.coalesce(ReturnOrder.reason_code, ReturnOrder.reason, "")


def _list_specialists(session: Session, cashboxes: Sequence[int], day: date) -> list[Named]:
    """What each one's visits brought, returns taken off."""
    visit = (
        select(specialist_of_visit().label("name"), Visit.record_id)
        .where(Visit.company_id == Receipt.company_id, Visit.record_id == Receipt.record_id)
        .limit(1)
        .lateral("visit")
    )
    total = func.sum(signed(Receipt.total))
    query = (
        select(visit.c.name, func.count(visit.c.record_id.distinct()), total)
        .select_from(Receipt)
        .join(visit, true())
        .where(_is_issued(cashboxes), _is_on(day), visit.c.name.is_not(None))
        .group_by(visit.c.name)
        .order_by(total.desc(), visit.c.name)
    )
    return _read_names(session, query)


def specialist_of_visit() -> ColumnElement[str | None]:
    """Returns the expression for the specialist's name."""
    return func.nullif(Visit.specialist, "")


def _list_services(session: Session, cashboxes: Sequence[int], day: date) -> list[Named]:
    """By the names on the receipts, returns taken off."""
    columns = (column("PositionName", Text), *(column(one, Numeric) for one in ("Count", "Price", "Discount", "Markup")))
    positions = func.jsonb_to_recordset(Receipt.request["Positions"]).table_valued(*columns)
    lines = positions.render_derived("line", with_types=True)
    line = lines.c
    price = line.Count * line.Price - func.coalesce(line.Discount, 0) + func.coalesce(line.Markup, 0)
    total = func.sum(signed(price))
    query = (
        select(line.PositionName, func.sum(signed(line.Count)), total)
        .select_from(Receipt)
        .join(lines, true())
        .where(_is_issued(cashboxes), _is_on(day))
        .group_by(line.PositionName)
        .order_by(total.desc(), line.PositionName)
    )
    return _read_names(session, query)


def _read_names(session: Session, query: Any) -> list[Named]:
    return [Named(name or "", Decimal(count), total) for name, count, total in session.execute(query.limit(MOST_NAMED))]


def write_names(names: DayNames) -> dict[str, list[list[str]]]:
    """Returns sums by name as JSON keeps them, money as text."""
    return {
        "reasons": [_write(one) for one in names.reasons],
        "specialists": [_write(one) for one in names.specialists],
        "services": [_write(one) for one in names.services],
    }


def _write(one: Named) -> list[str]:
    return [one.name, str(one.count), str(one.total)]


def read_names(kept: Iterable[Mapping[str, Sequence[Sequence[str]]]]) -> DayNames:
    """Returns what `write_names` wrote, of several registers together."""
    parts = list(kept)
    return DayNames(
        *(_join(row for part in parts for row in part.get(kind, ())) for kind in ("reasons", "specialists", "services"))
    )


def _join(rows: Iterable[Sequence[str]]) -> list[Named]:
    found: dict[str, Named] = {}
    for name, count, total in rows:
        one = found.setdefault(name, Named(name, ZERO, ZERO))
        one.count += Decimal(count)
        one.total += Decimal(total)
    return sorted(found.values(), key=lambda one: (-one.total, one.name))
