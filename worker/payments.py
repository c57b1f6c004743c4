"""Payments Altegio told of: what is known of a sale, how long to wait for more, whether its receipt still tells the truth.

A record and its payments come as separate deliveries, in any order and seconds apart. What Altegio's ledger says when it
is asked takes the place of all of them.
"""

from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, DateTime, Table, and_, bindparam, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.altegio import GOODS_SALE, RECORD, FinanceOperation
from shared.clock import utc_now
from shared.models import Checkout, PaymentRecord, Receipt, WebhookRecord
from shared.payment_types import read_paid
from shared.statuses import PaymentKind, PaymentPurpose, PaymentState, ReceiptKind, ReceiptState, RecordState
from worker.facts import Facts
from worker.rules import Doubt, KnownPayment, Policy, find_contradiction, find_payment_kind, find_purpose, is_payment
from worker.sales import Subject, may_be_changed
from worker.services import Services

# After this many receipts without a single payment told, a salon does not send payments: nothing to wait for.
RECEIPTS_THAT_TELL = 5


# Built once, and of the table instead of the model: see `cashbox_lock`.
_payments = cast("Table", PaymentRecord.__table__)
_insert = insert(_payments).values(paid_at=func.coalesce(bindparam("told_at", type_=DateTime(timezone=True)), func.now()))
_known, _new = _payments.c, _insert.excluded
_TOLD = (
    "record_id",
    "visit_id",
    "document_id",
    "amount",
    "state",
    "purpose",
    "account_id",
    "account_title",
    "webhook_record_id",
)
_SAVE = _insert.on_conflict_do_update(
    index_elements=[_known.company_id, _known.operation_id],
    set_={
        **{name: _new[name] for name in _TOLD},
        # An answer that does not tell the kind of an account does not make a known one unknown.
        "kind": func.coalesce(_new.kind, case((_known.account_id.is_not_distinct_from(_new.account_id), _known.kind))),
        "changed_at": func.coalesce(_new.changed_at, _known.changed_at),
    },
    where=or_(
        _known.changed_at.is_(None),
        _new.changed_at.is_(None),
        _new.changed_at > _known.changed_at,
        # Within one second Altegio's clock cannot tell: what revokes wins, since it must not count as money.
        (_new.changed_at == _known.changed_at) & (_known.state == PaymentState.ACTIVE),
        # Looked at once more, after a wait.
        _known.webhook_record_id.is_not_distinct_from(_new.webhook_record_id),
    ),
).returning(_known.id)


def save_payment(
    session: Session,
    company_id: int,
    operation_id: int,
    operation: FinanceOperation,
    policy: Policy,
    *,
    status: str,
    changed_at: datetime | None,
    webhook_record_id: int | None,
) -> bool:
    """The newest word on an operation. False when a newer one was noted before."""
    values = {
        "company_id": company_id,
        "operation_id": operation_id,
        "record_id": operation.record_id or None,
        "visit_id": operation.visit_id or None,
        "document_id": operation.document_id or None,
        "kind": find_payment_kind(operation, policy.payment_kinds),
        "amount": policy.in_tenge(abs(operation.amount)),
        "state": PaymentState.ACTIVE if is_payment(operation, status) else PaymentState.REVOKED,
        "purpose": find_purpose(operation),
        "account_id": operation.account.id if operation.account else None,
        "account_title": operation.account.title[:200] if operation.account else None,
        "changed_at": changed_at,
        "told_at": operation.last_change_date or changed_at,
        "webhook_record_id": webhook_record_id,
    }
    return session.scalar(_SAVE, values) is not None


def take_over_ledger(session: Session, subject: Subject, facts: Facts, policy: Policy) -> None:
    """Altegio's own list of a sale's payments: what is not on it is no payment any more.

    Our clock and Altegio's stamps are never compared. A webhook that is older than the list and comes after it may be
    taken for news; whatever it leads to, the list is read again first.
    """
    if facts.payments is None:
        return
    for operation in facts.payments:
        if operation.id is None:
            continue
        save_payment(
            session,
            subject.company_id,
            operation.id,
            operation,
            policy,
            status="update",
            changed_at=operation.last_change_date,
            webhook_record_id=None,
        )
    listed = [operation.id for operation in facts.payments if operation.id is not None]
    session.execute(
        update(PaymentRecord)
        .where(
            _is_of(subject),
            PaymentRecord.operation_id.is_not(None),
            PaymentRecord.operation_id.not_in(listed),
            PaymentRecord.state == PaymentState.ACTIVE,
            # Told while the list was on its way: the next look knows.
            PaymentRecord.created_at < facts.read_at,
        )
        .values(state=PaymentState.REVOKED)
    )


def load_payments(session: Session, subject: Subject, checkout: Checkout | None = None) -> list[KnownPayment]:
    """What was taken at the desk, else what Altegio knows: staff may have booked the same money there as well."""
    known = select(PaymentRecord.amount, PaymentRecord.kind).where(
        _is_of(subject),
        PaymentRecord.state == PaymentState.ACTIVE,
        PaymentRecord.purpose == PaymentPurpose.SALE,
        PaymentRecord.checkout_id == checkout.id if checkout else PaymentRecord.checkout_id.is_(None),
    )
    return [KnownPayment(amount, PaymentKind(kind) if kind else None) for amount, kind in session.execute(known)]


def _is_of(subject: Subject) -> ColumnElement[bool]:
    if subject.record_id:
        is_of = PaymentRecord.record_id == subject.record_id
    else:
        is_of = and_(PaymentRecord.document_id == subject.document_id, PaymentRecord.record_id.is_(None))
    return and_(PaymentRecord.company_id == subject.company_id, is_of)


def seconds_to_wait(services: Services, session: Session, subject: Subject, since: datetime) -> float:
    """Until no more payments of a sale told of at `since` are expected; each one that comes begins the wait anew."""
    patience = services.settings.payment_wait_seconds
    if not patience or not _tells_payments(session, subject.company_id):
        return 0
    told = select(func.max(PaymentRecord.created_at)).where(_is_of(subject), PaymentRecord.checkout_id.is_(None))
    newest = session.scalar(told)
    until = max(since, newest or since) + timedelta(seconds=patience)
    return max(0.0, (until - utc_now()).total_seconds())


def _tells_payments(session: Session, company_id: int) -> bool:
    """Until a salon is known well enough, it is given the benefit of the doubt."""
    told = select(PaymentRecord.id).where(PaymentRecord.company_id == company_id, PaymentRecord.operation_id.is_not(None))
    if session.scalar(told.limit(1)) is not None:
        return True
    # In the words of the index of live sales.
    sales = select(Receipt.id).where(
        Receipt.company_id == company_id,
        Receipt.record_id.is_not(None),
        Receipt.kind == ReceiptKind.SALE,
        Receipt.state != ReceiptState.REJECTED,
        ~Receipt.returned,
    )
    return len(session.scalars(sales.limit(RECEIPTS_THAT_TELL)).all()) < RECEIPTS_THAT_TELL


def find_doubt(session: Session, subject: Subject, sale: Receipt) -> Doubt | None:
    """What Altegio's payments say against a receipt that exists. None as well where it told of none."""
    told = select(PaymentRecord.id).where(_is_of(subject), PaymentRecord.checkout_id.is_(None)).limit(1)
    if session.scalar(told) is None:
        return None
    return find_contradiction(read_paid(sale.request), load_payments(session, subject))


def wake_deliveries(session: Session, subject: Subject, sale: Receipt | None) -> tuple[int, ...]:
    """What waits for payments is decided again, and what was decided already but has certainly not left yet."""
    waiting = [
        WebhookRecord.state == RecordState.AWAITING_PAYMENT,
        and_(WebhookRecord.state == RecordState.RECEIVED, WebhookRecord.next_attempt_at > func.now()),
        and_(WebhookRecord.state == RecordState.DEAD_LETTERED, WebhookRecord.error_code == "sum_mismatch"),
    ]
    if sale is not None and may_be_changed(sale) and sale.state == ReceiptState.PENDING:
        unfinished = WebhookRecord.state.in_((RecordState.PROCESSING, RecordState.RETRYING))
        waiting.append(and_(WebhookRecord.receipt_id == sale.id, unfinished))
    woken = session.scalars(
        update(WebhookRecord)
        .where(WebhookRecord.company_id == subject.company_id, _is_delivery_of(subject), or_(*waiting))
        .values(state=RecordState.RECEIVED, receipt_id=None, next_attempt_at=func.now(), claims=0)
        .returning(WebhookRecord.id)
    )
    return tuple(woken)


def _is_delivery_of(subject: Subject) -> ColumnElement[bool]:
    if subject.record_id:
        return and_(WebhookRecord.resource == RECORD, WebhookRecord.resource_id == subject.record_id)
    return and_(WebhookRecord.resource == GOODS_SALE, WebhookRecord.document_id == subject.document_id)
