"""Adds up our receipts of a shift, to be held beside its Z-report."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from shared.books.paid import paid_as
from shared.fiscal.statuses import PaymentKind, ReceiptKind, ReceiptState
from shared.fiscal.z_report import ReportSums
from shared.storage.models import Receipt, Shift


@dataclass(slots=True)
class IssuedSums:
    """Adds up the issued receipts of one shift: sums per kind in tenge, and how many."""

    sold: dict[PaymentKind, Decimal] = field(default_factory=dict)
    returned: dict[PaymentKind, Decimal] = field(default_factory=dict)
    sale_count: int = 0
    return_count: int = 0

    def add(self, kind: str, count: int, paid: Mapping[PaymentKind, Decimal]) -> None:
        """Counts receipts of a kind (`sale` or `return`) and what was paid by them; a return's sums are negative."""
        if kind == ReceiptKind.SALE:
            self.sold, self.sale_count = dict(paid), count
        else:
            self.returned, self.return_count = {name: -amount for name, amount in paid.items()}, count

    def agrees_with(self, report: ReportSums) -> bool:
        """Says whether the report counts the same, to the tiyn and to the document."""
        return (
            not report.other
            and _without_zeros(self.sold) == _without_zeros(report.sold)
            and _without_zeros(self.returned) == _without_zeros(report.returned)
            and (self.sale_count, self.return_count) == (report.sale_count, report.return_count)
        )


def _without_zeros(sums: Mapping[PaymentKind, Decimal]) -> dict[PaymentKind, Decimal]:
    return {kind: amount for kind, amount in sums.items() if amount}


def sum_shift(session: Session, shift: Shift) -> IssuedSums:
    """Returns the sums of our issued receipts that name this shift of its cashbox."""
    return sum_shifts(session, [shift])[shift.id]


def sum_shifts(session: Session, shifts: Sequence[Shift]) -> dict[int, IssuedSums]:
    """Returns those of many shifts, by the id of each."""
    paid = [func.coalesce(func.sum(paid_as(kind)), 0).label(kind) for kind in PaymentKind]
    # A receipt that does not tell is of the shift with its number.
    told = func.coalesce(Receipt.registration_number, "")
    is_of_shift = and_(
        Receipt.cashbox_id == Shift.cashbox_id,
        Receipt.shift_number == Shift.number,
        or_(Shift.registration_number == "", told.in_(("", Shift.registration_number))),
    )
    query = (
        select(Shift.id, Receipt.kind, func.count().label("documents"), *paid)
        .join(Receipt, is_of_shift)
        .where(Shift.id.in_([shift.id for shift in shifts]), Receipt.state == ReceiptState.ISSUED)
        .group_by(Shift.id, Receipt.kind)
    )
    found = {shift.id: IssuedSums() for shift in shifts}
    for row in session.execute(query):
        found[row.id].add(row.kind, row.documents, {kind: getattr(row, kind) for kind in PaymentKind})
    return found
