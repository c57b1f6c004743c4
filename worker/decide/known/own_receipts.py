"""Receipts that payments of a visit have of their own: finding them, and whether they still tell the truth.

Such a receipt follows its payment: moved to another visit it is the same money, which has its receipt.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Session

from shared.fiscal.ledger import keep_ledger
from shared.fiscal.money import ZERO
from shared.fiscal.payment_types import read_paid
from shared.fiscal.statuses import PaymentPurpose, PaymentState, ReceiptKind, ReceiptState, RecordState
from shared.storage.models import PaymentRecord, Receipt, WebhookRecord
from worker.decide.known.facts import Facts
from worker.decide.known.money_rows import load_money_rows, take_own
from worker.decide.resolution import Resolution
from worker.decide.sales import (
    Subject,
    clear_return_due,
    mark_return_due,
    may_be_changed,
    sum_returned,
    withdraw_unsent,
)
from worker.decide.settlement.doubts import Doubt, DoubtKind, describe_kinds
from worker.decide.store_missed import store_settled_payment

_OF_PAYMENTS = (
    Receipt.company_id == bindparam("company"),
    Receipt.operation_id.in_(bindparam("operations", expanding=True)),
    Receipt.operation_id.is_not(None),
    Receipt.kind == ReceiptKind.SALE,
)
_STANDING = (
    select(Receipt, PaymentRecord)
    .join(
        PaymentRecord,
        (PaymentRecord.company_id == Receipt.company_id) & (PaymentRecord.operation_id == Receipt.operation_id),
    )
    .where(*_OF_PAYMENTS, Receipt.state != ReceiptState.REJECTED)
    .order_by(Receipt.id.desc())
    .with_for_update(of=Receipt)
)
# A refused one only where there is no other.
_NEWEST = select(Receipt).where(*_OF_PAYMENTS).order_by((Receipt.state == ReceiptState.REJECTED).asc(), Receipt.id.desc())
_HAND_OVER = (
    update(WebhookRecord)
    .where(
        WebhookRecord.id
        == select(PaymentRecord.webhook_record_id)
        .where(PaymentRecord.company_id == bindparam("company"), PaymentRecord.operation_id == bindparam("operation"))
        .scalar_subquery(),
        # One that is in somebody's hands, or due, finds the receipt when it is decided.
        WebhookRecord.claim_id.is_(None),
        WebhookRecord.state.in_((RecordState.PROCESSED, RecordState.IGNORED, RecordState.DEAD_LETTERED)),
    )
    .returning(WebhookRecord.id)
)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A receipt of a payment that may exist, what of it was not returned, and what speaks against that."""

    receipt: Receipt
    left: Decimal
    doubt: Doubt | None

    @property
    def is_new(self) -> bool:
        """Whether there is something to be done that was not yet."""
        if self.doubt is None:
            return False
        is_known = self.receipt.return_due_reason == self.doubt.reason
        return not is_known or (self.receipt.paid_back_since is not None) != self.doubt.is_paid_back


def review_own_receipts(
    session: Session, subject: Subject, operations: Iterable[int] = (), *, without: int | None = None
) -> list[Reviewed]:
    """Holds the receipts of a visit's payments against the payments, those of `operations` as well.

    What went back is taken from money without such a receipt first, then from the newest. `without`: a return not to count.
    """
    rows = load_money_rows(session, subject)
    wanted = {row.operation_id for row in rows.payments if row.own_total and row.operation_id} | set(operations)
    if not wanted:
        return []
    back = keep_ledger(take_own(rows, subject)).prepaid_back
    reviewed = []
    for receipt, payment in session.execute(_STANDING, {"company": subject.company_id, "operations": sorted(wanted)}):
        left = receipt.total - sum_returned(session, receipt.id, without=without)
        is_sale = payment.state == PaymentState.ACTIVE and payment.purpose == PaymentPurpose.SALE
        in_force = payment.amount if is_sale else ZERO
        given = min(back, left)
        back -= given
        says = f"the receipt says {describe_kinds(read_paid(receipt.request))}"
        doubt = None
        if in_force == ZERO and left:
            doubt = Doubt(DoubtKind.GONE, "the payment was taken back in Altegio")
        elif in_force < left:
            doubt = Doubt(DoubtKind.LESS, f"{left - in_force:.2f} ₸ less than was paid: {says}")
        elif given:
            doubt = Doubt(DoubtKind.LESS, f"{given:.2f} ₸ were given back in Altegio: {says}")
        reviewed.append(Reviewed(receipt, left, doubt))
    return reviewed


def doubt_own_receipt(session: Session, subject: Subject, receipt: Receipt, *, without: int | None = None) -> Doubt | None:
    """Says what speaks against the receipt of one payment; `without` one of its returns."""
    assert receipt.operation_id is not None
    reviewed = review_own_receipts(session, subject, [receipt.operation_id], without=without)
    return next((one.doubt for one in reviewed if one.receipt.id == receipt.id), None)


def withdraw_doubted(session: Session, reviewed: Iterable[Reviewed]) -> bool:
    """Takes back those that were never sent and have become wrong. Says whether there was one."""
    unsent = [one for one in reviewed if one.doubt is not None and may_be_changed(one.receipt)]
    for one in unsent:
        assert one.doubt is not None
        withdraw_unsent(session, one.receipt, one.doubt.reason)
    return bool(unsent)


def mark_doubted(reviewed: Iterable[Reviewed], *, is_deleted: bool) -> None:
    """Tells a manager which are to be returned; `is_deleted`: the visit is, and all its receipts with it."""
    for one in reviewed:
        if one.doubt is not None and not may_be_changed(one.receipt):
            mark_return_due(one.receipt, one.doubt.reason, is_paid_back=one.doubt.is_paid_back)
        elif one.doubt is None and not is_deleted and one.receipt.return_due_reason:
            clear_return_due(one.receipt)


def blame_deletion(reviewed: Iterable[Reviewed]) -> list[Reviewed]:
    """The visit was deleted: what was paid for it before is to be given back."""
    return [
        Reviewed(
            one.receipt,
            one.left,
            Doubt(DoubtKind.GONE, "the record was deleted, its payment was taken back")
            if one.doubt is not None and one.doubt.kind is DoubtKind.GONE
            else Doubt(DoubtKind.LESS, f"the record was deleted, {one.left:.2f} ₸ were paid for it before"),
        )
        for one in reviewed
        if one.left
    ]


def find_own_receipt(session: Session, company_id: int, operation_id: int) -> Receipt | None:
    """The receipt of a payment, a refused one too."""
    values = {"company": company_id, "operations": [operation_id]}
    return session.scalars(_NEWEST.limit(1).with_for_update(), values).first()


def settle_refused(session: Session, subject: Subject) -> None:
    """What payments had no receipt of their own after all is on the receipt of the rest: nobody need be asked about it."""
    refused = select(Receipt.id).where(
        Receipt.company_id == subject.company_id,
        Receipt.record_id == subject.record_id,
        Receipt.operation_id.is_not(None),
        Receipt.state == ReceiptState.REJECTED,
    )
    session.execute(
        update(WebhookRecord)
        .where(WebhookRecord.receipt_id.in_(refused), WebhookRecord.state == RecordState.DEAD_LETTERED)
        .values(
            state=RecordState.PROCESSED,
            reason="its money is on the receipt of the visit",
            error_code=None,
            receipt_id=None,
            next_attempt_at=None,
        )
    )


def hand_over(session: Session, subject: Subject, operation_id: int, facts: Facts | None, made: Resolution) -> None:
    """Lets the delivery that told of a payment share the fate of its receipt, so that a failure is shown to somebody.

    A payment that no webhook told is stored as a delivery for that.
    """
    keys = {"company": subject.company_id, "operation": operation_id}
    is_dead = made.state is RecordState.DEAD_LETTERED
    changed = {
        "state": made.state,
        "receipt_id": made.receipt_id,
        "reason": made.reason,
        "error_code": made.code,
        "claims": 0,
        "processed_at": func.now() if is_dead else None,
        "dead_letter_sent_at": None,
        "next_attempt_at": func.now() if is_dead else None,
    }
    if session.scalar(_HAND_OVER.values(**changed), keys) is not None or facts is None:
        return
    read = next((one for one in facts.payments or () if one.id == operation_id), None)
    if read is not None:
        store_settled_payment(session, subject.company_id, read, changed)
