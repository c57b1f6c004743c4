"""Reads the movements of money of sales: what was taken at the desk, else what Altegio knows."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.orm import Session

from shared.books.model import BookedSale, Document, Movement
from shared.books.read.joint import JointVisits
from shared.clock import almaty_date
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind, PaymentPurpose, PaymentState
from shared.storage.models import Checkout, PaymentRecord

# What is compared with receipts; money put on a client's account where that has one.
COMPARED = (PaymentPurpose.SALE, PaymentPurpose.REFUND, PaymentPurpose.DEPOSIT)
# Money between bank accounts, on terminals that are registers themselves and from deposits is on no receipt of ours.
IS_FOR_REGISTER = or_(PaymentRecord.kind.is_(None), PaymentRecord.kind.in_(list(PaymentKind)))
# `taken_at`, `voided_at`: of the checkout, where it was taken at the desk.
_OF_PAYMENT: Sequence[Any] = (
    PaymentRecord.company_id,
    PaymentRecord.record_id,
    PaymentRecord.document_id,
    PaymentRecord.visit_id,
    PaymentRecord.operation_id,
    PaymentRecord.checkout_id,
    PaymentRecord.purpose,
    PaymentRecord.state,
    PaymentRecord.kind,
    PaymentRecord.amount,
    PaymentRecord.sold_item_type,
    PaymentRecord.paid_at,
    PaymentRecord.changed_at,
    Checkout.created_at.label("taken_at"),
    Checkout.voided_at,
)


@dataclass(slots=True)
class _Told:
    """Holds the payments of one sale, rows of `_OF_PAYMENT`. `by_altegio`: without those taken at `desk`."""

    by_altegio: list[Row[Any]] = field(default_factory=list)
    desk: list[Row[Any]] = field(default_factory=list)

    @property
    def is_desk_live(self) -> bool:
        return any(one.voided_at is None for one in self.desk)

    def add_up(self, purpose: PaymentPurpose) -> Decimal:
        """Returns what Altegio tells for sure."""
        active = (one for one in self.by_altegio if one.state == PaymentState.ACTIVE and one.purpose == purpose)
        return sum((one.amount for one in active), ZERO)


def is_one_of(model: Any, subjects: Iterable[BookedSale]) -> ColumnElement[bool]:
    """By lists of numbers, which an index answers; a number of another salon is left out by the caller."""
    subjects = list(subjects)
    records = [s.record_id for s in subjects if s.record_id is not None]
    documents = [s.document_id for s in subjects if s.document_id is not None]
    by_document = and_(model.document_id.in_(documents), model.record_id.is_(None))
    companies = {s.company_id for s in subjects}
    return and_(model.company_id.in_(companies), or_(model.record_id.in_(records), by_document))


def list_movements(
    session: Session,
    subjects: set[BookedSale],
    joint: JointVisits,
    documents: Sequence[Document],
    with_receipts: Collection[int | None],
) -> list[Movement]:
    """What was taken at the desk, else what Altegio knows: staff may have booked the same money there as well. Payments
    `with_receipts` of their own came before the desk took the rest.
    """
    sold, returns = defaultdict[BookedSale, list[Document]](list), defaultdict[BookedSale, list[Document]](list)
    for document in documents:
        (returns if document.is_return else sold)[document.subject].append(document)
    told = _read_told(session, subjects, joint, sold.keys() | returns.keys())
    return [move for subject, one in told.items() for move in _list_of_sale(subject, one, returns[subject], with_receipts)]


def _read_told(
    session: Session, subjects: set[BookedSale], joint: JointVisits, sold: Collection[BookedSale]
) -> dict[BookedSale, _Told]:
    of_visit_alone = and_(PaymentRecord.record_id.is_(None), PaymentRecord.visit_id.in_(joint.visit_ids))
    query = (
        select(*_OF_PAYMENT)
        .outerjoin(Checkout, Checkout.id == PaymentRecord.checkout_id)
        .where(
            PaymentRecord.purpose.in_(COMPARED),
            IS_FOR_REGISTER,
            or_(is_one_of(PaymentRecord, subjects), of_visit_alone),
        )
    )
    told: dict[BookedSale, _Told] = defaultdict(_Told)
    for payment in session.execute(query):
        subject = joint.name(payment.company_id, payment.record_id, payment.document_id, payment.visit_id)
        if subject not in subjects or (payment.purpose == PaymentPurpose.DEPOSIT and subject not in sold):
            continue
        (told[subject].by_altegio if payment.taken_at is None else told[subject].desk).append(payment)
    return told


def _list_of_sale(
    subject: BookedSale, told: _Told, returns: Sequence[Document], with_receipts: Collection[int | None]
) -> Iterator[Movement]:
    """Money that Altegio tells was given back is told once: the desk gave it back no second time."""
    for payment in told.by_altegio:
        is_booked_twice = payment.purpose != PaymentPurpose.REFUND and payment.operation_id not in with_receipts
        if not (told.is_desk_live and is_booked_twice):
            went_at = payment.changed_at if payment.state == PaymentState.REVOKED else None
            yield from _move(subject, payment, payment.paid_at, went_at)
    back = told.add_up(PaymentPurpose.REFUND)
    if not told.is_desk_live:
        back = max(back - told.add_up(PaymentPurpose.SALE), ZERO)
    for payment in told.desk:
        by_altegio = min(back, payment.amount) if payment.voided_at else ZERO
        back -= by_altegio
        yield from _move(subject, payment, payment.taken_at, payment.voided_at, kept=by_altegio)
    for document in returns:
        if told.is_desk_live and not document.is_told:
            yield from _give_back(document, back)
            back = max(back - sum(document.sums.values(), ZERO), ZERO)


def _move(
    subject: BookedSale, payment: Row[Any], came_at: datetime, went_at: datetime | None, *, kept: Decimal = ZERO
) -> list[Movement]:
    """Money that came and went on one day did not move. An expense of the sale gives money back. `kept`: did not go."""
    kind = PaymentKind(payment.kind) if payment.kind else None
    came, went = almaty_date(came_at), almaty_date(went_at) if went_at else None
    if payment.state == PaymentState.REVOKED and went is None:
        return []
    amount = -payment.amount if payment.purpose == PaymentPurpose.REFUND else payment.amount
    is_loose = payment.sold_item_type == "" and payment.purpose == PaymentPurpose.SALE
    move = Movement(subject, came, kind, amount, is_ours=payment.checkout_id is not None, is_loose=is_loose)
    if came == went:
        return [replace(move, amount=kept)] if kept else []
    return [move, *_go(move, went, amount - kept)]


def _go(move: Movement, went: date | None, amount: Decimal) -> list[Movement]:
    return [replace(move, day=went, amount=-amount)] if went is not None and amount else []


def _give_back(document: Document, by_altegio: Decimal) -> Iterator[Movement]:
    """A part of a desk sale that was returned at the desk: the manager handed back what Altegio does not tell of."""
    for kind, amount in document.sums.items():
        told = min(by_altegio, amount)
        by_altegio -= told
        if amount > told:
            yield Movement(document.subject, document.day, kind, told - amount, is_ours=True)
