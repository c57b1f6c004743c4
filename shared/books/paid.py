"""Says in SQL what receipts were paid with, so that a day of them is added up without reading each."""

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, case

from shared.fiscal.statuses import PaymentKind, ReceiptKind
from shared.storage.models import Receipt

PAID: dict[PaymentKind, Any] = {
    PaymentKind.CASH: Receipt.paid_cash,
    PaymentKind.CARD: Receipt.paid_card,
    PaymentKind.MOBILE: Receipt.paid_mobile,
}


def paid_as(kind: PaymentKind) -> ColumnElement[Decimal]:
    """Returns the expression for what one receipt says was paid in one way, change left out; negative for a return.

    The same as `shared.fiscal.payment_types.read_paid` reads from the receipt's request.
    """
    return signed(PAID[kind])


def read_sums(receipt: Row[Any]) -> dict[PaymentKind, Decimal]:
    """Returns the sums of a row that has the columns of `PAID`, without what was not paid in that way; never negative."""
    sums = {kind: getattr(receipt, column.key) for kind, column in PAID.items()}
    return {kind: amount for kind, amount in sums.items() if amount}


def signed(amount: Any) -> ColumnElement[Decimal]:
    """Returns an amount of a receipt, negative for a return."""
    return case((Receipt.kind == ReceiptKind.RETURN, -amount), else_=amount)
