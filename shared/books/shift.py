"""Adds up our receipts of a shift, to be held beside its Z-report."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.fiscal.money import ZERO
from shared.fiscal.payment_types import read_paid
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

    def add(self, kind: str, paid: dict[PaymentKind, Decimal]) -> None:
        """Counts one receipt: its kind (`sale` or `return`) and what was paid by it, as `read_paid` tells."""
        is_sale = kind == ReceiptKind.SALE
        sums = self.sold if is_sale else self.returned
        for name, amount in paid.items():
            sums[name] = sums.get(name, ZERO) + amount
        self.sale_count += is_sale
        self.return_count += not is_sale

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
    sums = IssuedSums()
    ours = select(Receipt.kind, Receipt.request).where(
        Receipt.cashbox_id == shift.cashbox_id,
        Receipt.shift_number == shift.number,
        Receipt.state == ReceiptState.ISSUED,
    )
    if shift.registration_number:
        # A receipt that does not tell is of the shift with its number.
        ours = ours.where(func.coalesce(Receipt.registration_number, "").in_(("", shift.registration_number)))
    rows = session.execute(ours)
    for kind, request in rows:
        sums.add(kind, read_paid(request))
    return sums
