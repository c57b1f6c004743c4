"""Turns rows of visits and receipts into what the templates print."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import segno
from markupsafe import Markup

from api.acquire.visits.states import EXPLANATIONS, LABELS, UNDER_WAY, VisitState
from api.acquire.words.advice import CASHBOX_OFFLINE, Advice, explain, explain_return_due
from api.acquire.words.i18n import Speaker
from api.acquire.words.kinds import KIND_LABELS
from api.acquire.words.text import Text
from shared.clock import utc_now
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import PaymentKind, ReceiptKind
from shared.storage.models import Cashbox, Receipt

# A receipt usually takes a second or two; from here on the page says why it takes longer.
SLOW_AFTER = timedelta(seconds=8)
_PAYMENT_KINDS = {0: PaymentKind.CASH, 1: PaymentKind.CARD, 4: PaymentKind.MOBILE}
_LONGEST_ADDRESS = 2000


@dataclass(frozen=True, slots=True)
class Progress:
    """Says where a payment or a return stands. `address` is where to go once there is something to see."""

    state: str
    label: Text
    text: Text
    is_final: bool
    address: str | None = None
    advice: Advice | None = None
    vendor_words: str | None = None

    def as_json(self, speaker: Speaker) -> dict[str, Any]:
        """Returns it in words, for the page that waits."""
        said = [self.advice.what, self.advice.todo] if self.advice else []
        return {
            "state": self.state,
            "label": speaker.say(self.label),
            "text": speaker.say(self.text),
            "advice": [speaker.say(text) for text in said],
            "final": self.is_final,
            "address": self.address,
        }


def show_progress(row: Any) -> Progress:
    """Returns where a visit's payment stands, with advice where a person is needed. `row` is of `find_visit`."""
    state = VisitState(row.state)
    text = EXPLANATIONS[state]
    if state in UNDER_WAY and is_slow(row.paid_at):
        text = Text(
            "Webkassa is slow just now. The sale is saved and the receipt will be issued by itself: "
            "you can serve the next customer."
        )
    is_stuck = state is VisitState.ATTENTION or (state in UNDER_WAY and row.error_code == CASHBOX_OFFLINE)
    advice = explain(row.error_code) if is_stuck else None
    address = f"/acquire/success/{row.sale_id}" if state is VisitState.ISSUED else None
    words = (row.error_text or row.reason) if advice else None
    return Progress(state, LABELS[state], text, state not in UNDER_WAY, address, advice, words)


def is_slow(since: datetime | None) -> bool:
    """Says whether it takes so long by now that staff are told why."""
    return since is not None and utc_now() - since > SLOW_AFTER


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """Describes one position of a document, in tenge."""

    name: str
    count: Decimal
    price: Decimal
    discount: Decimal
    total: Decimal


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """Describes an issued document, as the page and the printed slip show it."""

    id: int
    is_return: bool
    number: str
    total: Decimal
    tax: Decimal
    tax_percent: int | None
    lines: list[ReceiptLine]
    payments: list[tuple[Text, Decimal]]
    received: Decimal
    change: Decimal
    fiscal_number: str
    registration_number: str | None
    cashbox_number: str
    shift_number: int | None
    issued_at: datetime | None
    is_offline: bool
    address: str | None
    code: Markup | None
    warning: str | None
    return_due: Text | None


def show_receipt(receipt: Receipt, cashbox: Cashbox) -> ReceiptView:
    """Returns an issued receipt as the page prints it, from the request that was sent and what Webkassa answered."""
    request = receipt.request
    change = _amount(request.get("Change"))
    address = receipt.receipt_url if is_web_address(receipt.receipt_url) else None
    return ReceiptView(
        id=receipt.id,
        is_return=receipt.kind == ReceiptKind.RETURN,
        number=receipt.external_check_number,
        total=receipt.total,
        tax=receipt.tax,
        tax_percent=next((p["TaxPercent"] for p in request["Positions"] if p.get("TaxPercent") is not None), None),
        lines=[_show_position(position) for position in request["Positions"]],
        payments=show_payments(request),
        received=sum((_amount(p["Sum"]) for p in request["Payments"] if int(p["PaymentType"]) == 0), ZERO)
        if change
        else ZERO,
        change=change,
        fiscal_number=receipt.fiscal_number or "",
        registration_number=receipt.registration_number,
        cashbox_number=cashbox.unique_number,
        shift_number=receipt.shift_number,
        issued_at=receipt.issued_at,
        is_offline=bool(receipt.offline_mode),
        address=address,
        code=draw_code(address) if address else None,
        warning=receipt.warning,
        return_due=explain_return_due(receipt.return_due_reason) if receipt.return_due_reason else None,
    )


def show_payments(request: Mapping[str, Any]) -> list[tuple[Text, Decimal]]:
    """Returns the parts of a payment by their names, from the request of its receipt."""
    change = _amount(request.get("Change"))
    return [_show_payment(payment, change) for payment in request["Payments"]]


def _show_position(position: Mapping[str, Any]) -> ReceiptLine:
    count, price = _amount(position["Count"]), _amount(position["Price"])
    discount = _amount(position.get("Discount"))
    total = (count * price - discount).quantize(Decimal("0.01"))
    return ReceiptLine(str(position["PositionName"]), count, price, discount, total)


def _show_payment(payment: Mapping[str, Any], change: Decimal) -> tuple[Text, Decimal]:
    """Of cash, what stays in the drawer: Webkassa is told what was handed over."""
    kind = _PAYMENT_KINDS.get(int(payment["PaymentType"]))
    amount = _amount(payment["Sum"])
    return (KIND_LABELS[kind] if kind else Text("Other")), amount - change if kind is PaymentKind.CASH else amount


def is_web_address(address: str | None) -> bool:
    """Says whether an address may become a link: nothing but http and https, and of a length that a browser takes."""
    return address is not None and len(address) <= _LONGEST_ADDRESS and address.startswith(("https://", "http://"))


def draw_code(address: str) -> Markup | None:
    """Returns a QR code as SVG without styles of its own: the page's policy allows none. None where no code can hold it."""
    try:
        drawn = segno.make(address, error="m", micro=False)
    except segno.DataOverflowError:
        return None
    svg = drawn.svg_inline(omitsize=True, border=2, svgclass="qr", lineclass=None, dark="#000", light="#fff")
    return Markup(svg)  # noqa: S704 -- drawn by segno; the address is only dots in it


def _amount(value: Any) -> Decimal:
    return Decimal(str(value or 0))
