"""Reads what the pages show, one statement a page. State and order are the database's work, so that any day stays fast.

`sale` is the visit's sale: the one that was not returned, else the newest; a refused one only when there is no other.
Receipts of single payments, for a part of what the visit costs, stand beside it.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, Text, and_, case, cast, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from api.acquire.visits.states import VisitState
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, OPEN_RECORD_STATES, ReceiptKind, ReceiptState, RecordState
from shared.storage.models import Cashbox, Checkout, CustomerOptOut, Receipt, StaffUser, Visit, WebhookRecord

PAGE_SIZE = 30

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
# Altegio's client of the newest delivery wants no receipts sent.
_has_opted_out = (
    select(CustomerOptOut.id)
    .where(
        CustomerOptOut.company_id == Visit.company_id,
        cast(CustomerOptOut.client_id, Text) == WebhookRecord.body[("data", "client", "id")].astext,
    )
    .exists()
)
_has_live_sale = and_(_sale.c.id.is_not(None), ~_sale.c.returned, _sale.c.state != ReceiptState.REJECTED)

# What staff are told, of all that the tables know; for statements of `select_visits`.
state_of_visit = case(
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
    Visit.attendance,
    Visit.specialist,
    state_of_visit.label("state"),
    _sale.c.id.label("sale_id"),
    _sale.c.fiscal_number,
    _sale.c.state.label("sale_state"),
    _sale.c.return_due_reason,
    _sale.c.offline_mode,
    func.coalesce(WebhookRecord.error_code, _sale.c.error_code).label("error_code"),
)


def select_visits(*columns: Any) -> Select[Any]:
    """Returns the statement of the list's rows, to be narrowed: the columns of `_ROW` and some more."""
    return (
        select(*_ROW, *columns)
        .select_from(Visit)
        .join(WebhookRecord, WebhookRecord.id == Visit.delivery_id)
        .outerjoin(_sale, true())
    )


def is_return_due() -> ColumnElement[bool]:
    """Returns the condition that Altegio contradicts a receipt that stands."""
    return and_(Receipt.return_due_reason.is_not(None), ~Receipt.returned, Receipt.state != ReceiptState.REJECTED)


def find_visit(session: Session, salons: Salons, visit_id: int) -> Any | None:
    """Returns one visit with its lines, the payment taken at the desk where there is one, receipts of single payments."""
    query = (
        select_visits(
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
            Checkout.total.label("paid_total"),
            WebhookRecord.body[("data", "client", "phone")].astext.label("told_phone"),
            WebhookRecord.body[("data", "client", "email")].astext.label("told_email"),
            _has_opted_out.label("has_opted_out"),
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
    return session.execute(select_visits().where(Visit.id.in_(visit_ids), salons.allow(Visit.company_id))).all()


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


def find_visit_of_receipt(session: Session, receipt: Receipt) -> Any | None:
    """Returns the id and the client's name of the receipt's visit on the page, None for goods over the counter."""
    if receipt.record_id is None:
        return None
    of_visit = select(Visit.id, Visit.client_name)
    return session.execute(
        of_visit.where(Visit.company_id == receipt.company_id, Visit.record_id == receipt.record_id)
    ).first()
