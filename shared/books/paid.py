"""Says in SQL what receipts were paid with, so that a day of them is added up without reading each."""

from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Numeric, Text, case, cast, func, literal_column
from sqlalchemy.dialects.postgresql import JSONPATH

from shared.fiscal.payment_types import PAYMENT_TYPES
from shared.fiscal.statuses import PaymentKind, ReceiptKind
from shared.storage.models import Receipt


def paid_as(kind: PaymentKind) -> ColumnElement[Decimal]:
    """Returns the expression for what one receipt says was paid in one way, change left out; negative for a return.

    The same as `shared.fiscal.payment_types.read_paid` reads from the receipt's request.
    """
    path = f"$.Payments[*] ? (@.PaymentType == {PAYMENT_TYPES[kind]}).Sum"
    amount = _read(func.jsonb_path_query_first(Receipt.request, cast(path, JSONPATH)))
    if kind is PaymentKind.CASH:
        amount = amount - _read(Receipt.request["Change"])
    return signed(amount)


def signed(amount: Any) -> ColumnElement[Decimal]:
    """Returns an amount of a receipt, negative for a return."""
    return case((Receipt.kind == ReceiptKind.RETURN, -amount), else_=amount)


def _read(value: Any) -> ColumnElement[Decimal]:
    """A number of JSON is kept as PostgreSQL's numeric: nothing is rounded."""
    said = value.op("#>>", return_type=Text())(literal_column("'{}'"))
    return func.coalesce(cast(said, Numeric), 0)
