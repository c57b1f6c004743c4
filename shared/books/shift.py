"""Adds up our receipts of a shift, to be held beside its Z-report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import func, select
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
    paid = [func.coalesce(func.sum(paid_as(kind)), 0).label(kind) for kind in PaymentKind]
    ours = select(Receipt.kind, func.count().label("documents"), *paid).where(
        Receipt.cashbox_id == shift.cashbox_id,
        Receipt.shift_number == shift.number,
        Receipt.state == ReceiptState.ISSUED,
    )
    if shift.registration_number:
        # A receipt that does not tell is of the shift with its number.
        ours = ours.where(func.coalesce(Receipt.registration_number, "").in_(("", shift.registration_number)))
    sums = IssuedSums()
    for row in session.execute(ours.group_by(Receipt.kind)):
        sums.add(row.kind, row.documents, {kind: getattr(row, kind) for kind in PaymentKind})
    return sums
