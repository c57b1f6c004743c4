"""The rows of the tables that a sale's ledger is made of: what is asked for, in one question, and what is read of it.

A visit is asked for with everything of the joint visit Altegio counts it to: one payment may be for several records.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from shared.clock import almaty_date
from shared.fiscal.ledger import KnownMoney, Movement, Spending
from shared.fiscal.money import ZERO
from shared.fiscal.shares import Claim, VisitPayment, share_out, spread
from shared.fiscal.statuses import AccountUse, NoMoney, PaymentPurpose, PaymentState, ReceiptKind, ReceiptState
from shared.storage.models import LoyaltyRecord, PaymentRecord, Receipt, Visit
from shared.storage.statements import table_of
from worker.decide.sales import Subject

# Money that is noted beside what pays a sale.
_BESIDE = (PaymentPurpose.REFUND, PaymentPurpose.TIP)
_payments = table_of(PaymentRecord).c
_loyalty = table_of(LoyaltyRecord).c
_visits = table_of(Visit).c
_company, _subject = bindparam("company", type_=BigInteger), bindparam("subject", type_=BigInteger)


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """A row of `payment_records`, as far as the ledger needs it.

    `own_total`: what its own receipt says, where it has one; `own_returned`: what of that was returned.
    """

    amount: Decimal
    use: AccountUse | None
    checkout_id: int | None
    is_active: bool
    purpose: PaymentPurpose
    sold_item_type: str | None
    record_id: int | None
    operation_id: int | None
    day: date
    own_total: Decimal = ZERO
    own_returned: Decimal = ZERO

    @property
    def movement(self) -> Movement:
        return Movement(
            amount=self.amount,
            use=self.use,
            purpose=self.purpose,
            is_assigned=self.sold_item_type != "",
            receipted=min(self.amount, self.own_total),
            operation_id=self.operation_id,
            day=self.day,
        )

    @property
    def in_force(self) -> Decimal:
        """What of it pays for a sale now."""
        return self.amount if self.is_active and self.purpose is PaymentPurpose.SALE else ZERO

    @property
    def unexplained_returns(self) -> Decimal:
        """What was returned of its own receipt although the payment itself is in force: it may be for a refund."""
        return max(ZERO, self.own_returned - max(ZERO, self.own_total - self.in_force))


@dataclass(frozen=True, slots=True)
class MoneyRows:
    """What the tables know. `moved`: for each payment that was moved away, the visit it belongs to by now.

    `siblings`: the other records of the same visit.
    """

    payments: tuple[PaymentRow, ...]
    moved: tuple[int | None, ...]
    spent: tuple[Spending, ...]
    siblings: tuple[int, ...] = ()


def _collect(column: ColumnElement[Any], *conditions: ColumnElement[bool]) -> ColumnElement[Any]:
    found = func.coalesce(func.jsonb_agg(column, type_=JSONB), [], type_=JSONB)
    return select(found).where(*conditions).scalar_subquery()


_own, _back = table_of(Receipt).alias("own"), table_of(Receipt).alias("back")
_returned = (
    select(func.sum(_back.c.total))
    .where(_back.c.basis_receipt_id == _own.c.id, _back.c.state != ReceiptState.REJECTED)
    .scalar_subquery()
)
# One that was returned may have been sold anew.
_own_receipt = (
    select(func.jsonb_build_array(func.coalesce(func.sum(_own.c.total), 0), func.coalesce(func.sum(_returned), 0)))
    .where(
        _own.c.company_id == _payments.company_id,
        _own.c.operation_id == _payments.operation_id,
        _own.c.operation_id.is_not(None),
        _own.c.kind == ReceiptKind.SALE,
        _own.c.state != ReceiptState.REJECTED,
    )
    .correlate(table_of(PaymentRecord))
    .scalar_subquery()
)
_PAYMENT = func.jsonb_build_array(
    _payments.amount,
    _payments.kind,
    _payments.checkout_id,
    _payments.state,
    _payments.purpose,
    _payments.sold_item_type,
    _payments.record_id,
    _payments.operation_id,
    _payments.paid_at,
    _own_receipt,
)
_SPENT = func.jsonb_build_array(_loyalty.amount, _loyalty.means)
# The number of the joint visit: told, or noted with the record.
_joint = func.coalesce(
    bindparam("visit", None, type_=BigInteger),
    select(_visits.visit_id).where(_visits.company_id == _company, _visits.record_id == _subject).scalar_subquery(),
)
# By `Subject.is_visit`, for values of `Subject.keys`.
PAYMENTS_OF = {
    True: and_(_payments.company_id == _company, or_(_payments.record_id == _subject, _payments.visit_id == _joint)),
    False: and_(
        _payments.company_id == _company,
        _payments.document_id == _subject,
        _payments.record_id.is_(None),
        _payments.visit_id.is_(None),
    ),
}
# Of one subject, in the order of `read_money_rows`.
MONEY_QUESTIONS = {
    is_visit: (
        _collect(_PAYMENT, PAYMENTS_OF[is_visit]),
        _collect(
            _payments.record_id,
            _payments.company_id == _company,
            (_payments.moved_from_record_id if is_visit else _payments.moved_from_document_id) == _subject,
            _payments.purpose == PaymentPurpose.SALE,
        ),
        _collect(
            _SPENT, _loyalty.company_id == _company, (_loyalty.record_id if is_visit else _loyalty.document_id) == _subject
        ),
    )
    for is_visit in (True, False)
}
SIBLINGS = _collect(
    _visits.record_id,
    _visits.company_id == _company,
    _visits.visit_id == _joint,
    _visits.record_id != _subject,
    ~_visits.is_deleted,
)
_QUESTION = {True: select(*MONEY_QUESTIONS[True], SIBLINGS), False: select(*MONEY_QUESTIONS[False])}


def load_money_rows(session: Session, subject: Subject, visit_id: int | None = None) -> MoneyRows:
    """`visit_id`: the visit that the record says it belongs to; else the one that was noted with it."""
    values = {**subject.keys, "visit": visit_id}
    return read_money_rows(*session.execute(_QUESTION[subject.is_visit], values).one())


def read_money_rows(
    payments: Sequence[Sequence[Any]],
    moved: Sequence[int | None],
    spent: Sequence[Sequence[Any]],
    siblings: Sequence[int] = (),
) -> MoneyRows:
    """Reads the answers of `MONEY_QUESTIONS` and `SIBLINGS`."""
    rows = [_read_payment(*row) for row in payments]
    return MoneyRows(
        payments=tuple(sorted(rows, key=lambda row: (row.operation_id or 0, row.amount))),
        moved=tuple(moved),
        spent=tuple(Spending(Decimal(amount), NoMoney(means)) for amount, means in spent),
        siblings=tuple(sorted(siblings)),
    )


def _read_payment(
    amount: Any, kind: str | None, checkout_id: int | None, state: str, purpose: str, sold: str | None, *rest: Any
) -> PaymentRow:
    use = AccountUse(kind) if kind else None
    is_active = state == PaymentState.ACTIVE
    record_id, operation_id, paid_at, own_receipt = rest
    day = almaty_date(datetime.fromisoformat(paid_at))
    own = map(Decimal, own_receipt or ())
    return PaymentRow(
        Decimal(amount), use, checkout_id, is_active, PaymentPurpose(purpose), sold, record_id, operation_id, day, *own
    )


def sum_prepaid(rows: MoneyRows, record_id: int) -> Decimal:
    """Adds up what payments that name the record have receipts of their own for."""
    own = [row for row in rows.payments if row.record_id == record_id and row.in_force]
    return sum((row.movement.receipted for row in own), ZERO)


def take_own(
    rows: MoneyRows, subject: Subject, checkout_id: int | None = None, *, is_read: bool = False, is_advance: bool = False
) -> KnownMoney:
    """The money of a document, or of a record alone in its visit. What was taken at the desk counts, else what Altegio told:
    staff may have booked the same money there. `is_advance`: the document is money put on a client's account.
    """
    purposes = (PaymentPurpose.SALE, PaymentPurpose.DEPOSIT) if is_advance else (PaymentPurpose.SALE,)
    mine = [row for row in rows.payments if not subject.is_visit or row.record_id in (None, subject.record_id)]
    sale = [row for row in mine if row.purpose in purposes and row.checkout_id == checkout_id]
    theirs = [row for row in rows.payments if row not in mine and row.is_active and row.purpose in purposes]
    return KnownMoney(
        movements=(
            *(replace(row.movement, purpose=PaymentPurpose.SALE) for row in sale if row.is_active),
            *(_receipted_part(row) for row in mine if checkout_id is not None and row.own_total and row.in_force),
            *(row.movement for row in mine if row.is_active and row.purpose in _BESIDE),
        ),
        returned=sum((row.unexplained_returns for row in mine), ZERO),
        spent=rows.spent,
        was_told=bool(sale or rows.moved),
        moved_to=next((record_id for record_id in rows.moved if record_id), None),
        is_read=is_read,
        is_unshared=bool(theirs),
        of_visit=sum((row.amount for row in (*sale, *theirs) if row.is_active), ZERO),
    )


def _receipted_part(row: PaymentRow) -> Movement:
    """What was paid before the desk took the rest, and has its receipt."""
    movement = row.movement
    return replace(movement, amount=movement.receipted)


def take_share(rows: MoneyRows, record_id: int, claims: Sequence[Claim], *, is_read: bool = False) -> KnownMoney:
    """The money of one of several records of a visit: its share of all payments, where they add up to the records."""
    sale = [row for row in rows.payments if row.purpose is PaymentPurpose.SALE and row.checkout_id is None]
    payments = [VisitPayment(row.record_id, row.movement) for row in sale if row.is_active]
    shared, is_unshared = _choose_share(payments, record_id, claims)
    first = min(claim.record_id for claim in claims)
    beside = [row for row in rows.payments if row.is_active and row.purpose in _BESIDE]
    return KnownMoney(
        movements=(*shared, *(row.movement for row in beside if (row.record_id or first) == record_id)),
        returned=sum((row.unexplained_returns for row in rows.payments if row.record_id == record_id), ZERO),
        spent=rows.spent,
        was_told=bool(rows.moved) or _was_told(sale, record_id, claims),
        moved_to=next((moved_to for moved_to in rows.moved if moved_to), None),
        is_read=is_read,
        is_unshared=is_unshared,
        of_visit=sum((one.movement.amount for one in payments), ZERO),
        unnamed=sum((row.amount for row in sale if row.is_active and row.record_id is None), ZERO),
    )


def _choose_share(
    payments: Sequence[VisitPayment], record_id: int, claims: Sequence[Claim]
) -> tuple[tuple[Movement, ...], bool]:
    """The share, and whether payments of the visit are left that do not say whose they are."""
    own = tuple(one.movement for one in payments if one.record_id == record_id)
    loose = tuple(movement for movement in own if not movement.is_assigned)
    shares = share_out(claims, payments)
    if shares is not None:
        return shares[record_id], False
    shares = share_out(claims, [one for one in payments if one.movement.is_assigned]) if loose else None
    if shares is not None:
        return (*shares[record_id], *loose), False
    mine = next(claim for claim in claims if claim.record_id == record_id)
    if own and sum((one.amount for one in own), ZERO) in (mine.asked, mine.full):
        return own, False
    return spread(claims, payments)[record_id] if mine.is_receipted else own, bool(payments)


def _was_told(sale: Sequence[PaymentRow], record_id: int, claims: Sequence[Claim]) -> bool:
    """Whether a payment was ever told that names the record, or none, or is for more than the record it names."""
    claimed = {claim.record_id: claim.full for claim in claims}
    named: dict[int | None, Decimal] = {}
    for row in sale:
        named[row.record_id] = named.get(row.record_id, ZERO) + row.amount
    return any(other in (None, record_id) or amount > claimed.get(other, ZERO) for other, amount in named.items())
