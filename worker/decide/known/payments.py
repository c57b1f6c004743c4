"""Payments Altegio told of: what is known of a sale, and whether its receipt still tells the truth.

A record and its payments come as separate deliveries, in any order and seconds apart. What Altegio's ledger says when it
is asked takes the place of all of them.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, DateTime, and_, bindparam, case, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.altegio import FINANCES, FinanceOperation
from shared.fiscal.money import ZERO
from shared.fiscal.payment_types import read_paid
from shared.fiscal.statuses import PaymentKind, PaymentPurpose, PaymentState
from shared.storage.models import Checkout, PaymentRecord, Receipt, WebhookRecord
from shared.storage.statements import table_of
from worker.altegio.errors import AnswerTooOld
from worker.decide.known.facts import Facts
from worker.decide.money import Doubt, KnownPayment, SaleMoney, find_doubt
from worker.decide.operations import find_payment_kind, find_purpose, is_in_force
from worker.decide.sales import Subject, sum_returned
from worker.salon.policy import Policy

_payments = table_of(PaymentRecord)
_insert = insert(_payments).values(paid_at=func.coalesce(bindparam("told_at", type_=DateTime(timezone=True)), func.now()))
_known, _new = _payments.c, _insert.excluded
# What `read_money` takes of a payment.
MONEY_ROW = (_known.amount, _known.kind, _known.checkout_id, _known.state, _known.purpose)
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
        "moved_from_record_id": case(
            (
                _known.record_id.is_distinct_from(_new.record_id),
                func.coalesce(_known.record_id, _known.moved_from_record_id),
            ),
            else_=_known.moved_from_record_id,
        ),
        "moved_from_document_id": case(
            (
                _known.record_id.is_(None)
                & (_new.record_id.is_not(None) | _known.document_id.is_distinct_from(_new.document_id)),
                func.coalesce(_known.document_id, _known.moved_from_document_id),
            ),
            else_=_known.moved_from_document_id,
        ),
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
_MISSING = {
    is_visit: and_(
        is_of,
        _known.operation_id.is_not(None),
        _known.operation_id.not_in(bindparam("listed", expanding=True)),
        _known.state == PaymentState.ACTIVE,
        # Told while the list was on its way: the next look knows.
        _known.created_at < bindparam("read_at"),
    )
    for is_visit, is_of in PAYMENTS_OF.items()
}
# Its deletion was told as well, and may wait for this very decision: what is deleted together would wait for each other.
_is_deletion_told = (
    exists()
    .where(
        WebhookRecord.company_id == _known.company_id,
        WebhookRecord.resource == FINANCES,
        WebhookRecord.resource_id == _known.operation_id,
        WebhookRecord.status == "delete",
    )
    .correlate(_payments)
)
_IS_YOUNG_MISSING = {
    is_visit: select(
        exists().where(
            is_missing,
            _known.created_at > bindparam("young_since"),
            _known.purpose == PaymentPurpose.SALE,
            ~_is_deletion_told,
        )
    )
    for is_visit, is_missing in _MISSING.items()
}
_REVOKE = {
    is_visit: update(_payments).where(is_missing).values(state=PaymentState.REVOKED)
    for is_visit, is_missing in _MISSING.items()
}
_LOAD = {is_visit: select(*MONEY_ROW).where(is_of) for is_visit, is_of in PAYMENTS_OF.items()}
_MOVED = {
    is_visit: select(_known.record_id).where(
        _known.company_id == _company, moved_from == bindparam("subject"), _known.purpose == PaymentPurpose.SALE
    )
    for is_visit, moved_from in ((True, _known.moved_from_record_id), (False, _known.moved_from_document_id))
}
NEWEST_OF = {
    is_visit: select(func.max(_known.created_at)).where(is_of, _known.checkout_id.is_(None))
    for is_visit, is_of in PAYMENTS_OF.items()
}


def save_payment(
    session: Session,
    subject: Subject | None,
    company_id: int,
    operation_id: int,
    operation: FinanceOperation,
    policy: Policy,
    *,
    status: str,
    changed_at: datetime | None,
    webhook_record_id: int | None,
) -> bool:
    """Keeps the newest word on an operation. False when a newer one was noted before.

    `subject`: the sale it belongs to, which it may name by its visit or its document only.
    """
    values = {
        "company_id": company_id,
        "operation_id": operation_id,
        "record_id": (subject.record_id if subject else None) or operation.record_id or None,
        "visit_id": operation.visit_id or None,
        "document_id": operation.document_id or None,
        "kind": find_payment_kind(operation, policy.payment_kinds),
        "amount": policy.in_tenge(abs(operation.amount)),
        "state": PaymentState.ACTIVE if is_in_force(operation, status) else PaymentState.REVOKED,
        "purpose": find_purpose(operation),
        "account_id": operation.account.id if operation.account else None,
        "account_title": operation.account.title[:200] if operation.account else None,
        "changed_at": changed_at,
        "told_at": operation.last_change_date or changed_at,
        "webhook_record_id": webhook_record_id,
    }
    return session.scalar(_SAVE, values) is not None


def take_over_ledger(session: Session, subject: Subject, facts: Facts, policy: Policy, *, patience: timedelta) -> None:
    """Puts Altegio's own list of a sale's payments in the place of what webhooks told: what is not on it is none any more.

    Raises AnswerTooOld where a payment was told within `patience` and is not on the list: Altegio may answer from a copy
    that is behind. Our clock and Altegio's stamps are never compared. A webhook that is older than the list and comes after
    it may be taken for news; whatever it leads to, the list is read again first.
    """
    if facts.payments is None:
        return
    for operation in facts.payments:
        if operation.id is None:
            continue
        save_payment(
            session,
            subject,
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
    if session.scalar(_IS_YOUNG_MISSING[subject.is_visit], {**values, "young_since": facts.read_at - patience}):
        raise AnswerTooOld("Altegio's list lacks a payment that it has just told of")
    session.execute(_REVOKE[subject.is_visit], values)


def load_money(session: Session, subject: Subject, checkout: Checkout | None = None) -> SaleMoney:
    """Reads all that is known of a sale's money."""
    rows = session.execute(_LOAD[subject.is_visit], subject.keys).all()
    moved = session.scalars(_MOVED[subject.is_visit], subject.keys).all()
    return read_money([tuple(row) for row in rows], moved, checkout.id if checkout else None)


def read_money(rows: Sequence[Sequence[Any]], moved: Sequence[int | None], checkout_id: int | None) -> SaleMoney:
    """Adds up `MONEY_ROW`s. What was taken at the desk, else what Altegio told: staff may have booked the same money there.

    `moved`: for each payment that was moved away, the visit it belongs to by now.
    """
    sale = [row for row in rows if row[4] == PaymentPurpose.SALE and row[2] == checkout_id]
    payments = [
        KnownPayment(Decimal(amount), PaymentKind(kind) if kind else None)
        for amount, kind, _, state, _ in sale
        if state == PaymentState.ACTIVE
    ]
    given_back = [
        Decimal(amount)
        for amount, _, _, state, purpose in rows
        if purpose == PaymentPurpose.REFUND and state == PaymentState.ACTIVE
    ]
    return SaleMoney(
        payments=tuple(payments),
        given_back=sum(given_back, ZERO),
        was_told=bool(sale or moved),
        moved_to=next((record_id for record_id in moved if record_id), None),
    )


def doubt_sale(
    session: Session, subject: Subject, sale: Receipt, checkout: Checkout | None = None, *, without: int | None = None
) -> Doubt | None:
    """Says what the money that is known speaks against a receipt that exists; `without` one of its returns."""
    returned = sum_returned(session, sale.id, without=without)
    return find_doubt(read_paid(sale.request), load_money(session, subject, checkout), returned)
