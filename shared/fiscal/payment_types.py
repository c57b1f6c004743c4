"""Translates kinds of payment into the numbers Webkassa's receipts and reports have for them, and back. Pure.

Its API v4 knows 0 (cash), 1 (bank card) and 4 (mobile payment).
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from shared.fiscal.statuses import PaymentKind

PAYMENT_TYPES = {PaymentKind.CASH: 0, PaymentKind.CARD: 1, PaymentKind.MOBILE: 4}
KIND_OF_TYPE: dict[int | None, PaymentKind] = {code: kind for kind, code in PAYMENT_TYPES.items()}


def read_paid(request: Mapping[str, Any]) -> dict[PaymentKind, Decimal]:
    """Returns what the body of a check request says was paid or given back, per kind in tenge, change left out.

    Raises KeyError for a kind that we never send.
    """
    paid = {KIND_OF_TYPE[int(part["PaymentType"])]: Decimal(str(part["Sum"])) for part in request["Payments"]}
    if request.get("Change"):
        paid[PaymentKind.CASH] -= Decimal(str(request["Change"]))
    return paid
