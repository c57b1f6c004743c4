"""Says in SQL what receipts were paid with, so that a day of them is added up without reading each."""

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, case

from shared.fiscal.statuses import PaymentKind, ReceiptKind
from shared.storage.models import Receipt

_PAID: dict[PaymentKind, Any] = {
    PaymentKind.CASH: Receipt.paid_cash,
    PaymentKind.CARD: Receipt.paid_card,
    PaymentKind.MOBILE: Receipt.paid_mobile,
}


def paid_as(kind: PaymentKind) -> ColumnElement[Decimal]:
    """Returns the expression for what one receipt says was paid in one way, change left out; negative for a return.

    The same as `shared.fiscal.payment_types.read_paid` reads from the receipt's request.
    """
    return signed(_PAID[kind])


def signed(amount: Any) -> ColumnElement[Decimal]:
    """Returns an amount of a receipt, negative for a return."""
    return case((Receipt.kind == ReceiptKind.RETURN, -amount), else_=amount)
