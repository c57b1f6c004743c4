"""Reads a day of receipts as sums: of the day itself and of those it is compared with, each by the index of issued receipts.

All money is of the registers given, which are those whose money is the reader's to see.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    Numeric,
    Text,
    and_,
    case,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import Session

from shared.books.paid import paid_as, signed
from shared.clock import ALMATY
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind, ReceiptKind, ReceiptState
from shared.storage.models import BookDay, BookFinding, Receipt, ReturnOrder, Visit, WebhookRecord
from shared.storage.models.day.book_finding import FindingKind

# What is open is no difference of a day.
_OPEN = (FindingKind.DEBT, FindingKind.DEPOSITS)
MOST_NAMED = 12


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


def read_days(session: Session, cashboxes: Sequence[int], day: date, others: Sequence[date]) -> dict[date, DaySums]:
    """Returns the sums of a day, with its ways of payment and hours, and those of others without."""
    wanted = {day, *others}
    of_day = case(*((_is_on(one), one.isoformat()) for one in sorted(wanted)))
    is_chosen = _is_on(day)
    # Counted from the day's beginning: what the database takes for Almaty's clock may be years old.
    since = func.extract("epoch", Receipt.issued_at - _begin(day))
    hour = case((is_chosen, cast(func.floor(since / 3600), Integer)))
    sums = [func.sum(case((is_chosen, paid_as(kind)))).label(kind) for kind in PaymentKind]
    query = (
        select(
            of_day.label("day"),
            hour.label("hour"),
            Receipt.kind,
            func.count().label("count"),
            func.sum(Receipt.total).label("total"),
            *sums,
        )
        .where(_is_issued(cashboxes), or_(*(_is_on(one) for one in wanted)))
        .group_by(literal_column("1"), literal_column("2"), Receipt.kind)
    )
    days = {one: DaySums() for one in wanted}
    for row in session.execute(query):
        _add(days[date.fromisoformat(row.day)], row)
    return days


def _add(day: DaySums, row: Any) -> None:
    is_return = row.kind == ReceiptKind.RETURN
    if is_return:
        day.returned, day.returns = day.returned + row.total, day.returns + row.count
    else:
        day.sold, day.receipts = day.sold + row.total, day.receipts + row.count
    if row.hour is not None:
        day.by_hour[row.hour] = day.by_hour.get(row.hour, ZERO) + (-row.total if is_return else row.total)
        for kind in PaymentKind:
            day.by_kind[kind] = day.by_kind.get(kind, ZERO) + (getattr(row, kind) or ZERO)


def _is_on(day: date) -> ColumnElement[bool]:
    return and_(Receipt.issued_at >= _begin(day), Receipt.issued_at < _begin(day + timedelta(days=1)))


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=ALMATY)


def _is_issued(cashboxes: Sequence[int]) -> ColumnElement[bool]:
    return and_(Receipt.cashbox_id.in_(cashboxes), Receipt.state == ReceiptState.ISSUED)


def list_returns(session: Session, cashboxes: Sequence[int], day: date) -> Sequence[Any]:
    """Returns the returns of a day by their reason: `reason`, `count`, `total`, the most money first."""
    reason = reason_of_return().label("reason")
    query = (
        select(reason, func.count().label("count"), func.sum(Receipt.total).label("total"))
        .select_from(Receipt)
        .outerjoin(ReturnOrder, ReturnOrder.return_receipt_id == Receipt.id)
        .where(_is_issued(cashboxes), _is_on(day), Receipt.kind == ReceiptKind.RETURN)
        .group_by(reason)
        .order_by(func.sum(Receipt.total).desc())
    )
    return session.execute(query.limit(MOST_NAMED)).all()


def reason_of_return() -> ColumnElement[str]:
    """Returns the expression for why something was returned, as it was said: the one place that knows where that stands."""
    return func.coalesce(ReturnOrder.reason, "")


def list_specialists(session: Session, cashboxes: Sequence[int], day: date) -> Sequence[Any]:
    """Returns what each specialist's visits brought, returns taken off: `name`, `count` of visits, `total`."""
    name = specialist_of_visit().label("name")
    visit = (
        select(name, Visit.record_id)
        .join(WebhookRecord, WebhookRecord.id == Visit.delivery_id)
        .where(Visit.company_id == Receipt.company_id, Visit.record_id == Receipt.record_id)
        .limit(1)
        .lateral("visit")
    )
    query = (
        select(
            visit.c.name,
            func.count(visit.c.record_id.distinct()).label("count"),
            func.sum(signed(Receipt.total)).label("total"),
        )
        .select_from(Receipt)
        .join(visit, true())
        .where(_is_issued(cashboxes), _is_on(day), visit.c.name.is_not(None))
        .group_by(visit.c.name)
        .order_by(func.sum(signed(Receipt.total)).desc(), visit.c.name)
    )
    return session.execute(query.limit(MOST_NAMED)).all()


def specialist_of_visit() -> ColumnElement[str | None]:
    """Returns the expression for the specialist's name: the one place that knows where that stands."""
    return func.nullif(WebhookRecord.body["data"]["staff"]["name"].astext, "")


def list_services(session: Session, cashboxes: Sequence[int], day: date) -> Sequence[Any]:
    """Returns what was sold, by its name on the receipts, returns taken off: `name`, `count`, `total`."""
    line = (
        func.jsonb_to_recordset(Receipt.request["Positions"])
        .table_valued(
            column("PositionName", Text),
            column("Count", Numeric),
            column("Price", Numeric),
            column("Discount", Numeric),
            column("Markup", Numeric),
        )
        .render_derived("line", with_types=True)
    )
    c = line.c
    price = c.Count * c.Price - func.coalesce(c.Discount, 0) + func.coalesce(c.Markup, 0)
    total = func.sum(signed(price)).label("total")
    query = (
        select(c.PositionName.label("name"), func.sum(signed(c.Count)).label("count"), total)
        .select_from(Receipt)
        .join(line, true())
        .where(_is_issued(cashboxes), _is_on(day))
        .group_by(c.PositionName)
        .order_by(total.desc(), c.PositionName)
    )
    return session.execute(query.limit(MOST_NAMED)).all()


@dataclass(frozen=True, slots=True)
class Checked:
    """Says how the books of a day stood when they were last looked at; `at` is None where they were not yet."""

    at: datetime | None
    differences: int
    without_receipt: int
    missing: Decimal
    differing: Decimal


def read_checked(session: Session, cashboxes: Sequence[int], day: date) -> Checked:
    """Returns what the round found: how many payments have no receipt, and what else differs."""
    at = session.scalar(select(func.min(BookDay.checked_at)).where(BookDay.cashbox_id.in_(cashboxes), BookDay.day == day))
    is_missing = BookFinding.kind.in_(("no_receipt", "dead_letter"))
    amount = func.abs(BookFinding.amount)
    row = session.execute(
        select(
            func.count().label("differences"),
            func.count().filter(is_missing).label("without"),
            func.coalesce(func.sum(amount).filter(is_missing), 0).label("missing"),
            func.coalesce(func.sum(amount), 0).label("differing"),
        ).where(BookFinding.cashbox_id.in_(cashboxes), BookFinding.day == day, BookFinding.kind.not_in(_OPEN))
    ).one()
    return Checked(at, row.differences, row.without, row.missing, row.differing)


def read_month(session: Session, cashboxes: Sequence[int], first: date, last: date) -> dict[date, tuple[Decimal, int]]:
    """Returns takings and differences of the days of a month, as the round last saw them."""
    query = (
        select(BookDay.day, func.sum(BookDay.issued), func.sum(BookDay.differences))
        .where(BookDay.cashbox_id.in_(cashboxes), BookDay.day.between(first, last))
        .group_by(BookDay.day)
    )
    return {day: (issued, int(differences)) for day, issued, differences in session.execute(query)}
