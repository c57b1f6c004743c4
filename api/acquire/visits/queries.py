"""Reads what the pages show, one statement a page. State and order are the database's work, so that any day stays fast.

`sale` is the visit's sale: the one that was not returned, else the newest; a refused one only when there is no other.
Receipts of single payments, for a part of what the visit costs, stand beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, false, func, literal, or_, select, true, tuple_, union
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session, aliased

from api.acquire.access.salons import Salons
from api.acquire.visits.search import NameSearch, NumberSearch, Search
from api.acquire.visits.states import Filter, VisitState
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, OPEN_RECORD_STATES, ReceiptKind, ReceiptState, RecordState
from shared.storage.models import Cashbox, Checkout, Receipt, StaffUser, Visit, WebhookRecord

PAGE_SIZE = 30


@dataclass(frozen=True, slots=True)
class Cursor:
    """Names the last visit of a page: the next one starts behind it."""

    is_open: bool
    visit_at: datetime
    id: int


_sale = (
    select(
        Receipt.id,
        Receipt.state,
        Receipt.returned,
        Receipt.return_due_reason,
        Receipt.fiscal_number,
        Receipt.attempts,
        Receipt.sending_since,
        Receipt.error_code,
        Receipt.error_text,
        Receipt.offline_mode,
    )
    .where(
        Receipt.record_id == Visit.record_id,
        Receipt.company_id == Visit.company_id,
        Receipt.kind == ReceiptKind.SALE,
        Receipt.operation_id.is_(None),
    )
    .order_by(Receipt.returned, Receipt.state == ReceiptState.REJECTED, Receipt.id.desc())
    .limit(1)
    .lateral("sale")
)

# Receipts that payments of the visit have of their own: [[id, total as text]].
_prepaid = (
    select(func.coalesce(func.jsonb_agg(func.jsonb_build_array(Receipt.id, cast(Receipt.total, Text))), literal([], JSONB)))
    .where(
        Receipt.company_id == Visit.company_id,
        Receipt.record_id == Visit.record_id,
        Receipt.operation_id.is_not(None),
        Receipt.state == ReceiptState.ISSUED,
        ~Receipt.returned,
    )
    .correlate(Visit)
    .scalar_subquery()
)
_has_live_sale = and_(_sale.c.id.is_not(None), ~_sale.c.returned, _sale.c.state != ReceiptState.REJECTED)

_state = case(
    (and_(_has_live_sale, _sale.c.return_due_reason.is_not(None)), VisitState.RETURN_DUE),
    (WebhookRecord.state == RecordState.DEAD_LETTERED, VisitState.ATTENTION),
    (and_(_has_live_sale, _sale.c.state == ReceiptState.ISSUED), VisitState.ISSUED),
    (
        and_(
            _has_live_sale,
            or_(_sale.c.state == ReceiptState.UNKNOWN, _sale.c.sending_since.is_not(None), _sale.c.attempts > 0),
        ),
        VisitState.SENDING,
    ),
    (or_(_has_live_sale, WebhookRecord.state.in_(OPEN_RECORD_STATES)), VisitState.QUEUED),
    (Visit.is_deleted, VisitState.DELETED),
    (_sale.c.returned, VisitState.RETURNED),
    (WebhookRecord.state == RecordState.AWAITING_PAYMENT, VisitState.AWAITING),
    else_=VisitState.NOT_NEEDED,
)

_STATES = {
    Filter.AWAITING: (VisitState.AWAITING,),
    Filter.UNDER_WAY: (VisitState.QUEUED, VisitState.SENDING),
    Filter.ISSUED: (VisitState.ISSUED,),
    Filter.ATTENTION: (VisitState.ATTENTION,),
    Filter.RETURN_DUE: (VisitState.RETURN_DUE,),
    Filter.DELETED: (VisitState.DELETED,),
}

_ROW = (
    Visit.id,
    Visit.company_id,
    Visit.record_id,
    Visit.delivery_id,
    Visit.visit_at,
    Visit.day,
    Visit.client_name,
    Visit.client_phone,
    Visit.title,
    Visit.total,
    Visit.is_open,
    Visit.is_deleted,
    _state.label("state"),
    _sale.c.id.label("sale_id"),
    _sale.c.fiscal_number,
    _sale.c.state.label("sale_state"),
    _sale.c.return_due_reason,
    _sale.c.offline_mode,
    func.coalesce(WebhookRecord.error_code, _sale.c.error_code).label("error_code"),
)


def _select_visits(*columns: Any) -> Select[Any]:
    return (
        select(*_ROW, *columns)
        .select_from(Visit)
        .join(WebhookRecord, WebhookRecord.id == Visit.delivery_id)
        .outerjoin(_sale, true())
    )


def list_visits(
    session: Session,
    salons: Salons,
    *,
    day: date,
    chosen: Filter = Filter.ALL,
    search: Search | None = None,
    after: Cursor | None = None,
) -> Sequence[Any]:
    """Returns up to PAGE_SIZE + 1 rows: the surplus one says that there is another page. Open visits first, then the latest.

    Rows have the columns of `_ROW`, `state` among them as the text of a VisitState.
    """
    query = _select_visits().where(salons.allow(Visit.company_id), _match(search, day))
    if chosen is not Filter.ALL:
        query = query.where(_state.in_(_STATES[chosen]), *_narrow(chosen))
    if after is not None:
        query = query.where(
            tuple_(Visit.is_open, Visit.visit_at, Visit.id) < tuple_(after.is_open, after.visit_at, after.id)
        )
    order = (Visit.is_open.desc(), Visit.visit_at.desc(), Visit.id.desc())
    return session.execute(query.order_by(*order).limit(PAGE_SIZE + 1)).all()


def _match(search: Search | None, day: date) -> ColumnElement[bool]:
    """A number is looked for on every day, by the indexes of phone tails and record numbers; a name on the chosen one."""
    match search:
        case None:
            return Visit.day == day
        case NumberSearch(record_id, None):
            return Visit.record_id == record_id
        case NumberSearch(record_id, str(tail)):
            by_phone = and_(func.right(Visit.client_phone, 4) == tail[-4:], Visit.client_phone.endswith(tail))
            return by_phone if record_id is None else or_(by_phone, Visit.record_id == record_id)
        case NameSearch(patterns):
            any_case, *spellings = patterns
            by_name = [Visit.client_name.like(pattern, escape="\\") for pattern in spellings]
            return and_(Visit.day == day, or_(*by_name, Visit.client_name.ilike(any_case, escape="\\")))
    return false()


def _narrow(chosen: Filter) -> tuple[ColumnElement[bool], ...]:
    """What follows from the state anyway, said so that rare states are found by an index instead of by reading a day."""
    match chosen:
        case Filter.AWAITING:
            return (Visit.is_open.is_(True),)
        case Filter.ISSUED:
            return (Visit.is_open.is_(False),)
        case Filter.DELETED:
            return (Visit.is_deleted.is_(True),)
        case Filter.ATTENTION:
            return (Visit.id.in_(_dead_lettered()),)
        case Filter.UNDER_WAY:
            return (Visit.id.in_(_under_way()),)
        case Filter.RETURN_DUE:
            return (Visit.id.in_(_return_due()),)
    return ()


def _dead_lettered() -> Any:
    delivery, visit = aliased(WebhookRecord), aliased(Visit)
    return (
        select(visit.id).join(delivery, delivery.id == visit.delivery_id).where(delivery.state == RecordState.DEAD_LETTERED)
    )


def _return_due() -> Any:
    visit = aliased(Visit)
    # One look-up a receipt: joined freely, all visits ever stored would be read for the few that have one due.
    of_receipt = (
        select(visit.id)
        .where(visit.company_id == Receipt.company_id, visit.record_id == Receipt.record_id)
        .limit(1)
        .lateral("of_receipt")
    )
    return select(of_receipt.c.id).select_from(Receipt).join(of_receipt, true()).where(is_return_due())


def _under_way() -> Any:
    delivery, receipt, one, other = aliased(WebhookRecord), aliased(Receipt), aliased(Visit), aliased(Visit)
    # A delivery that has a receipt is found through the receipt: only without one does the index of open rows hold it.
    undecided = (
        select(one.id)
        .join(delivery, delivery.id == one.delivery_id)
        .where(delivery.state.in_(OPEN_RECORD_STATES), delivery.receipt_id.is_(None))
    )
    unissued = (
        select(other.id)
        .join(receipt, and_(receipt.company_id == other.company_id, receipt.record_id == other.record_id))
        .where(receipt.state.in_(OPEN_RECEIPT_STATES))
    )
    return union(undecided, unissued)


def is_return_due() -> ColumnElement[bool]:
    """Returns the condition that Altegio contradicts a receipt that stands."""
    return and_(Receipt.return_due_reason.is_not(None), ~Receipt.returned, Receipt.state != ReceiptState.REJECTED)


def find_visit(session: Session, salons: Salons, visit_id: int) -> Any | None:
    """Returns one visit with its lines, the payment taken at the desk where there is one, receipts of single payments."""
    query = (
        _select_visits(
            Visit.lines,
            Visit.problem,
            WebhookRecord.state.label("delivery_state"),
            WebhookRecord.reason,
            _sale.c.error_text,
            _sale.c.returned,
            Checkout.id.label("checkout_id"),
            Checkout.created_at.label("paid_at"),
            Checkout.form_key,
            Checkout.change,
            StaffUser.shown_name.label("paid_by"),
            _prepaid.label("prepaid"),
        )
        .outerjoin(
            Checkout,
            and_(
                Checkout.company_id == Visit.company_id,
                Checkout.record_id == Visit.record_id,
                Checkout.voided_at.is_(None),
            ),
        )
        .outerjoin(StaffUser, StaffUser.id == Checkout.staff_user_id)
        .where(Visit.id == visit_id, salons.allow(Visit.company_id))
    )
    return session.execute(query).first()


def find_states(session: Session, salons: Salons, visit_ids: Sequence[int]) -> Sequence[Any]:
    """Returns the present rows of the visits on somebody's screen."""
    return session.execute(_select_visits().where(Visit.id.in_(visit_ids), salons.allow(Visit.company_id))).all()


def list_paused(session: Session, chosen: ColumnElement[bool]) -> Sequence[Any]:
    """Returns which of these cashboxes hold sales back since the register refuses them, and how many wait."""
    waiting = (
        select(func.count())
        .where(Receipt.cashbox_id == Cashbox.id, Receipt.state.in_(OPEN_RECEIPT_STATES))
        .scalar_subquery()
        .label("waiting")
    )
    paused = select(Cashbox.id, Cashbox.unique_number, Cashbox.paused_code, Cashbox.paused_since, waiting)
    query = paused.where(Cashbox.enabled, Cashbox.paused_since.is_not(None), chosen)
    return session.execute(query.order_by(Cashbox.unique_number)).all()


def find_visit_of_receipt(session: Session, receipt: Receipt) -> int | None:
    """Returns the id of the receipt's visit on the page, None for goods over the counter."""
    if receipt.record_id is None:
        return None
    return session.scalar(
        select(Visit.id).where(Visit.company_id == receipt.company_id, Visit.record_id == receipt.record_id)
    )
