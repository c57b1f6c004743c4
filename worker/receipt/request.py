"""Writes our draft as the body of Webkassa's check request (API v4). Pure; the session token is added by the client."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from shared.fiscal.marks import write_marks
from shared.fiscal.money import ZERO
from shared.fiscal.payment_types import PAYMENT_TYPES
from shared.fiscal.statuses import PaymentKind
from worker.receipt.lines import Line, ReceiptDraft

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


@dataclass(frozen=True, slots=True)
class DeskDetails:
    """Holds what the desk adds to a sale: cash handed over and given back, and where the customer wants the receipt.

    `to_client`: also to the address that Altegio knows.
    """

    cash_received: Decimal = ZERO
    change: Decimal = ZERO
    customer_email: str | None = None
    customer_phone: str | None = None
    customer_xin: str | None = None
    to_client: bool = True


NO_DESK_DETAILS = DeskDetails()


def to_sale_request(
    draft: ReceiptDraft, cashbox: str, external_check_number: str, order_number: str, desk: DeskDetails = NO_DESK_DETAILS
) -> dict[str, Any]:
    """Returns the body of a sale. `order_number` groups what belongs to one visit or document in Webkassa's cabinet.

    RoundType 2 rounds every discount and line to whole tenge, so it is used only where nothing has tiyn.
    `Change` 0 is sent although it may be omitted: with it Webkassa itself refuses a total that differs from the payments.
    """
    paid = dict(draft.payments)
    if desk.change:
        paid[PaymentKind.CASH] += desk.change
    customer = {
        "CustomerEmail": desk.customer_email,
        "CustomerPhone": desk.customer_phone,
        "CustomerXin": desk.customer_xin,
    }
    return {
        "CashboxUniqueNumber": cashbox,
        "OperationType": OPERATION_SALE,
        "ExternalCheckNumber": external_check_number,
        "ExternalOrderNumber": order_number,
        "Positions": [_to_position(line) for line in draft.lines],
        "Payments": [
            {"Sum": as_number(amount), "PaymentType": PAYMENT_TYPES[kind]} for kind, amount in sorted(paid.items())
        ],
        "Change": as_number(desk.change),
        "RoundType": ROUND_POSITIONS if draft.is_whole_tenge else ROUND_NONE,
        **{name: value for name, value in customer.items() if value},
    }


def _to_position(line: Line) -> dict[str, Any]:
    """PositionType is compulsory on OFD protocol 2.0.4 and ignored before, so it is always sent."""
    codes: dict[str, Any] = {"GTIN": line.barcode, "NTIN": line.national_code, **write_marks(line.marks)}
    return {
        "PositionName": line.name,
        "Count": as_number(line.count),
        "Price": as_number(line.price),
        "Discount": as_number(line.discount),
        "Markup": 0,
        "TaxType": TAX_NONE if line.vat_rate is None else TAX_VAT,
        "TaxPercent": line.vat_rate,
        "Tax": as_number(line.tax),
        "UnitCode": UNIT_SERVICE if line.is_service else UNIT_PIECE,
        "PositionType": POSITION_SERVICE if line.is_service else POSITION_GOODS,
        **{name: value for name, value in codes.items() if value},
    }


def as_number(amount: Decimal) -> int | Decimal:
    """Returns an amount for JSON: whole ones as whole numbers, none in exponent form."""
    return int(amount) if amount == amount.to_integral_value() else amount
