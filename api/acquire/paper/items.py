"""Gathers what the law wants on a receipt: sixteen items, from our request and from what Webkassa told of it.

Facts of the law (rules of receipts, p. 56): the taxpayer's name, IIN or BIN, and address; factory and registration number;
number of the receipt; name and code, quantity and unit, price of each item; total; the operator's name and check site; date
and time; fiscal sign; VAT rate and sum of payers; QR code; the mark "autonomous".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from markupsafe import Markup
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.acquire.visits.views import draw_code, is_web_address, show_payments
from api.acquire.words.text import Text
from shared.fiscal.statuses import ReceiptKind, ReceiptState
from shared.storage.models import Cashbox, Receipt, ReceiptPaper

_TIYN = Decimal("0.01")
# Webkassa's codes of units that we send.
_UNITS = {796: Text("pcs"), 5114: Text("service")}


@dataclass(frozen=True, slots=True)
class Item:
    """Describes one position. `code`: of the National Catalogue; `vat_percent` None: without VAT."""

    name: str
    code: str
    count: Decimal
    unit: Text
    price: Decimal
    discount: Decimal
    total: Decimal
    vat_percent: int | None
    vat: Decimal


@dataclass(frozen=True, slots=True)
class CustomerReceipt:
    """Describes an issued receipt as its customer may see it. What Webkassa did not tell is empty."""

    is_return: bool
    is_returned: bool
    taxpayer_name: str
    taxpayer_number: str
    address: str
    factory_number: str
    registration_number: str
    order_number: int | None
    shift_number: int | None
    items: tuple[Item, ...]
    payments: list[tuple[Text, Decimal]]
    change: Decimal
    total: Decimal
    vat: Decimal
    is_vat_payer: bool
    issued_at: datetime | None
    fiscal_sign: str
    operator_name: str
    operator_site: str
    is_autonomous: bool
    official: str | None
    code: Markup | None


def find_by_token(session: Session, token: str, language: str) -> CustomerReceipt | None:
    """Returns the issued receipt behind a customer's link, None where there is none."""
    found = (
        select(Receipt, ReceiptPaper, Cashbox)
        .join(ReceiptPaper, ReceiptPaper.receipt_id == Receipt.id)
        .join(Cashbox, Cashbox.id == Receipt.cashbox_id)
        .where(ReceiptPaper.token == token, Receipt.state == ReceiptState.ISSUED)
    )
    row = session.execute(found).one_or_none()
    return show_to_customer(*row, language) if row is not None else None


def show_to_customer(receipt: Receipt, paper: ReceiptPaper | None, cashbox: Cashbox, language: str) -> CustomerReceipt:
    """Returns a receipt in the words of its customer's language. `paper` None: issued before Webkassa's words were kept."""
    paper = paper or ReceiptPaper()
    in_kazakh = language == "kk"
    items = tuple(map(_show_item, receipt.request["Positions"]))
    change = _amount(receipt.request.get("Change"))
    official = receipt.receipt_url if is_web_address(receipt.receipt_url) else None
    return CustomerReceipt(
        is_return=receipt.kind == ReceiptKind.RETURN,
        is_returned=receipt.returned,
        taxpayer_name=paper.taxpayer_name or "",
        taxpayer_number=paper.taxpayer_number or "",
        address=(in_kazakh and paper.address_kk) or paper.address or "",
        factory_number=cashbox.unique_number,
        registration_number=receipt.registration_number or "",
        order_number=receipt.check_order_number,
        shift_number=receipt.shift_number,
        items=items,
        payments=show_payments(receipt.request),
        change=change,
        total=receipt.total,
        vat=receipt.tax,
        is_vat_payer=any(item.vat_percent is not None for item in items),
        issued_at=receipt.issued_at,
        fiscal_sign=receipt.fiscal_number or "",
        operator_name=(in_kazakh and paper.operator_name_kk) or paper.operator_name or "",
        operator_site=paper.operator_site or "",
        is_autonomous=bool(receipt.offline_mode),
        official=official,
        code=draw_code(official) if official else None,
    )


def _show_item(position: Mapping[str, Any]) -> Item:
    count, price, discount = (_amount(position.get(name)) for name in ("Count", "Price", "Discount"))
    return Item(
        name=str(position["PositionName"]),
        code=str(position.get("GTIN") or position.get("NTIN") or ""),
        count=count,
        unit=_UNITS.get(int(position.get("UnitCode") or 796), Text("pcs")),
        price=price,
        discount=discount,
        total=(count * price - discount).quantize(_TIYN),
        vat_percent=position.get("TaxPercent"),
        vat=_amount(position.get("Tax")),
    )


def _amount(value: Any) -> Decimal:
    return Decimal(str(value or 0))
