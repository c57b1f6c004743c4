"""How money was paid, as receipts and reports of Webkassa write it. Pure."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from shared.fiscal.statuses import PaymentKind

PAYMENT_TYPES = {PaymentKind.CASH: 0, PaymentKind.CARD: 1, PaymentKind.MOBILE: 4}
KIND_OF_TYPE: dict[int | None, PaymentKind] = {code: kind for kind, code in PAYMENT_TYPES.items()}


def read_paid(request: Mapping[str, Any]) -> dict[PaymentKind, Decimal]:
    """What a receipt's request says was paid or given back, change left out."""
    paid = {KIND_OF_TYPE[int(part["PaymentType"])]: Decimal(str(part["Sum"])) for part in request["Payments"]}
    if request.get("Change"):
        paid[PaymentKind.CASH] -= Decimal(str(request["Change"]))
    return paid
