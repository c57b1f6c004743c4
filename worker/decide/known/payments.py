"""Payments Altegio told of: what is known of a sale, and whether its receipt still tells the truth.

A record and its payments come as separate deliveries, in any order and seconds apart. What Altegio's ledger says when it
is asked takes the place of all of them.
"""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, and_, bindparam, case, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.altegio import FinanceOperation
from shared.fiscal.payment_types import read_paid
from shared.fiscal.statuses import PaymentKind, PaymentPurpose, PaymentState
from shared.storage.models import Checkout, PaymentRecord, Receipt
from shared.storage.statements import table_of
from worker.decide.known.facts import Facts
from worker.decide.operations import find_payment_kind, find_purpose, is_payment
from worker.decide.rules import Doubt, KnownPayment, find_contradiction
from worker.decide.sales import Subject
from worker.salon.policy import Policy

_payments = table_of(PaymentRecord)
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
_company = bindparam("company", type_=BigInteger)
# By `Subject.is_visit`, for values of `Subject.keys`.
PAYMENTS_OF = {
    True: and_(_known.company_id == _company, _known.record_id == bindparam("subject")),
    False: and_(_known.company_id == _company, _known.document_id == bindparam("subject"), _known.record_id.is_(None)),
}
_REVOKE = {
    is_visit: update(_payments)
    .where(
        is_of,
        _known.operation_id.is_not(None),
        _known.operation_id.not_in(bindparam("listed", expanding=True)),
        _known.state == PaymentState.ACTIVE,
        # Told while the list was on its way: the next look knows.
        _known.created_at < bindparam("read_at"),
    )
    .values(state=PaymentState.REVOKED)
    for is_visit, is_of in PAYMENTS_OF.items()
}
_LOAD = {
    is_visit: select(_known.amount, _known.kind).where(
        is_of,
        _known.state == PaymentState.ACTIVE,
        _known.purpose == PaymentPurpose.SALE,
        _known.checkout_id.is_not_distinct_from(bindparam("checkout", type_=BigInteger)),
    )
    for is_visit, is_of in PAYMENTS_OF.items()
}
NEWEST_OF = {
    is_visit: select(func.max(_known.created_at)).where(is_of, _known.checkout_id.is_(None))
    for is_visit, is_of in PAYMENTS_OF.items()
}


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
    values = {**subject.keys, "listed": listed, "read_at": facts.read_at}
    session.execute(_REVOKE[subject.is_visit], values)


def load_payments(session: Session, subject: Subject, checkout: Checkout | None = None) -> list[KnownPayment]:
    """What was taken at the desk, else what Altegio knows: staff may have booked the same money there as well."""
    values = {**subject.keys, "checkout": checkout.id if checkout else None}
    known = session.execute(_LOAD[subject.is_visit], values)
    return [KnownPayment(amount, PaymentKind(kind) if kind else None) for amount, kind in known]


def find_doubt(session: Session, subject: Subject, sale: Receipt) -> Doubt | None:
    """What Altegio's payments say against a receipt that exists. None as well where it told of none."""
    if session.scalar(NEWEST_OF[subject.is_visit], subject.keys) is None:
        return None
    return find_contradiction(read_paid(sale.request), load_payments(session, subject))
