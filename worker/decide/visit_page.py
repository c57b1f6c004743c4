"""The desk's side of a visit: what the payment page shows of it, and what staff took there."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.altegio import Record
from shared.clock import almaty_date
from shared.fiscal.money import ZERO
from shared.storage.models import Checkout, Visit, VisitMark
from shared.storage.models.desk.visit import Attendance
from shared.storage.statements import table_of
from worker.decide.delivery import Delivery
from worker.decide.sales import Subject
from worker.receipt.lines import CannotBuild, Line
from worker.receipt.request import NO_DESK_DETAILS, DeskDetails

_MAX_TEXT = 200

_visits = table_of(Visit)
_insert = insert(_visits)
_SHOW = _insert.on_conflict_do_update(
    index_elements=[_visits.c.company_id, _visits.c.record_id],
    set_={
        **{column.name: column for column in _insert.excluded if column.name not in ("id", "created_at", "words")},
        # A deletion may leave out what was told before.
        **{
            name: func.coalesce(_insert.excluded[name], _visits.c[name])
            for name in ("paid_told_at", "visit_id", "specialist")
        },
    },
)


def find_checkout(session: Session, subject: Subject) -> Checkout | None:
    """The payment taken at the desk, unless it was voided by a full return."""
    return session.scalars(
        select(Checkout).where(
            Checkout.company_id == subject.company_id,
            Checkout.record_id == subject.record_id,
            Checkout.voided_at.is_(None),
        )
    ).first()


def is_own_write(session: Session, row: Delivery) -> bool:
    """Whether a delivery tells of nothing but what we wrote into the visit ourselves: it has our write's own stamp."""
    written = select(VisitMark.id).where(
        VisitMark.company_id == row.company_id,
        VisitMark.record_id == row.resource_id,
        VisitMark.wrote_at == row.changed_at,
    )
    return row.changed_at is not None and session.scalar(written) is not None


def is_deleted(session: Session, subject: Subject) -> bool:
    """Whether the newest word on a visit was that it is deleted. Goods documents have no page."""
    shown = select(Visit.is_deleted).where(Visit.company_id == subject.company_id, Visit.record_id == subject.record_id)
    return bool(subject.record_id and session.scalar(shown))


def read_desk_details(checkout: Checkout | None) -> DeskDetails:
    if checkout is None:
        return NO_DESK_DETAILS
    return DeskDetails(
        cash_received=checkout.cash_received,
        change=checkout.change,
        customer_email=checkout.customer_email,
        customer_phone=checkout.customer_phone,
        customer_xin=checkout.customer_xin,
        to_client=checkout.to_client,
    )


def show_visit(
    session: Session,
    row: Delivery,
    record: Record,
    shown: tuple[Line, ...] | CannotBuild,
    *,
    is_open: bool,
) -> None:
    """Brings the page's picture of the visit up to the newest delivery. `shown`: its lines, or why there are none."""
    lines = () if isinstance(shown, CannotBuild) else shown
    visit_at = record.date or row.changed_at or row.created_at
    values = {
        "company_id": row.company_id,
        "record_id": row.resource_id,
        "visit_id": record.visit_id or None,
        "delivery_id": row.id,
        "visit_at": visit_at,
        "day": almaty_date(visit_at),
        "client_name": (record.client.shown_name[:_MAX_TEXT] or None) if record.client else None,
        "client_phone": (record.client.phone or None) if record.client else None,
        "title": _title(lines),
        "lines": [_describe(line) for line in lines],
        "total": None if isinstance(shown, CannotBuild) else sum((line.total for line in lines), ZERO),
        "problem": str(shown) if isinstance(shown, CannotBuild) else None,
        "is_open": is_open,
        "is_deleted": record.deleted or row.status == "delete",
        "paid_told_at": moment_of(record, row) if record.is_paid else None,
        "attendance": record.attendance if record.attendance in tuple(Attendance) else None,
        "specialist": (record.staff.name[:_MAX_TEXT] or None) if record.staff else None,
    }
    session.execute(_SHOW, values)


def moment_of(record: Record, row: Delivery) -> datetime:
    """When Altegio says that this was so; the arrival where it does not tell."""
    return record.last_change_date or row.changed_at or row.created_at


def _title(lines: tuple[Line, ...]) -> str:
    if not lines:
        return "—"
    more = f" +{len(lines) - 1}" if len(lines) > 1 else ""
    return lines[0].name[:_MAX_TEXT] + more


def _describe(line: Line) -> dict[str, object]:
    return {
        "name": line.name,
        "is_service": line.is_service,
        "count": line.count,
        "price": line.price,
        "discount": line.discount,
        "total": line.total,
    }
