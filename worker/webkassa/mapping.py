"""Our draft as the body of Webkassa's check request. Pure; the session token is added by the client."""

from decimal import Decimal
from typing import Any

from shared.statuses import PaymentKind
from worker.receipt_builder import Line, ReceiptDraft

OPERATION_SALE = 2
OPERATION_SALE_RETURN = 3
TAX_NONE = 0
TAX_VAT = 100
UNIT_PIECE = 796
UNIT_SERVICE = 5114
POSITION_GOODS = 0
POSITION_SERVICE = 2
ROUND_NONE = 0
ROUND_POSITIONS = 2

PAYMENT_TYPES = {PaymentKind.CASH: 0, PaymentKind.CARD: 1, PaymentKind.MOBILE: 4}


def to_sale_request(draft: ReceiptDraft, cashbox: str, external_check_number: str, order_number: str) -> dict[str, Any]:
    """RoundType 2 rounds every discount and line to whole tenge, so it is used only where nothing has tiyn.

    `Change` 0 is sent although it may be omitted: with it Webkassa itself refuses a total that differs from the payments.
    """
    return {
        "CashboxUniqueNumber": cashbox,
        "OperationType": OPERATION_SALE,
        "ExternalCheckNumber": external_check_number,
        "ExternalOrderNumber": order_number,
        "Positions": [_to_position(line, draft.vat_rate) for line in draft.lines],
        "Payments": [
            {"Sum": _number(amount), "PaymentType": PAYMENT_TYPES[kind]} for kind, amount in sorted(draft.payments.items())
        ],
        "Change": 0,
        "RoundType": ROUND_POSITIONS if draft.is_whole_tenge else ROUND_NONE,
    }


def _to_position(line: Line, vat_rate: int | None) -> dict[str, Any]:
    """PositionType is compulsory on OFD protocol 2.0.4 and ignored before, so it is always sent."""
    return {
        "PositionName": line.name,
        "Count": _number(line.count),
        "Price": _number(line.price),
        "Discount": _number(line.discount),
        "Markup": 0,
        "TaxType": TAX_NONE if vat_rate is None else TAX_VAT,
        "TaxPercent": vat_rate,
        "Tax": _number(line.tax),
        "UnitCode": UNIT_SERVICE if line.is_service else UNIT_PIECE,
        "PositionType": POSITION_SERVICE if line.is_service else POSITION_GOODS,
    }


def _number(amount: Decimal) -> int | Decimal:
    """Whole amounts as whole JSON numbers, never in exponent form."""
    return int(amount) if amount == amount.to_integral_value() else amount
