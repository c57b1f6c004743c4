"""Reads the payment form into a payment, or into what is wrong with it. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from uuid import UUID

from api.acquire.payment.customer import Unreadable, read_email, read_phone, read_xin
from api.acquire.words.text import Text
from shared.fiscal.money import ZERO, InvalidAmount, parse_amount, round_tiyn
from shared.fiscal.statuses import PaymentKind

SPLIT = "split"
METHODS = (*PaymentKind, SPLIT)
MAX_TYPED = 200


@dataclass(frozen=True, slots=True)
class Payment:
    """Holds a payment that adds up.

    `change` goes back to the customer out of `cash_received`; both are 0 without cash. `to_client`: the receipt may go to
    the address that Altegio knows.
    """

    form_key: UUID
    parts: dict[PaymentKind, Decimal]
    cash_received: Decimal = ZERO
    change: Decimal = ZERO
    email: str | None = None
    phone: str | None = None
    xin: str | None = None
    to_client: bool = True

    @property
    def total(self) -> Decimal:
        return sum(self.parts.values(), ZERO)


@dataclass(slots=True)
class FormErrors:
    """Collects what is wrong, by field; the form is shown again with these words beside what was typed."""

    by_field: dict[str, Text] = field(default_factory=dict)

    def add(self, name: str, text: Text) -> None:
        """Adds what is wrong with a field, unless something was wrong with it already."""
        self.by_field.setdefault(name, text)


def read_form_key(typed: Mapping[str, str]) -> UUID | None:
    """Returns the key that the form was given when it was shown, so that sent twice it is one; None without one."""
    try:
        return UUID(typed.get("form_key", ""))
    except ValueError:
        return None


def read_payment(typed: Mapping[str, str], total: Decimal) -> Payment | FormErrors:
    """Returns the payment, or what is wrong. `total` is what the visit costs now: the parts must add up to it exactly."""
    errors = FormErrors()
    form_key = read_form_key(typed)
    parts = _read_parts(typed, total, errors)
    received = _read_received(typed, parts.get(PaymentKind.CASH, ZERO), errors)
    customer = {name: _read_customer(name, typed, errors) for name in _READERS}
    if form_key is None:
        errors.add("method", Text("The page is out of date. Check the sum and press once more."))
    if errors.by_field or form_key is None:
        return errors
    cash = parts.get(PaymentKind.CASH, ZERO)
    change = received - cash if cash else ZERO
    # Unticked where it was asked; where the form did not ask, the salon's choice holds.
    to_client = "client_asked" not in typed or bool(typed.get("to_client"))
    return Payment(form_key, parts, cash_received=received, change=change, to_client=to_client, **customer)


def read_typed_amount(typed: str) -> Decimal | None:
    """Reads a sum as people type it: `4 000`, `4000,50`, `4000 ₸`; None when nothing was typed. Raises InvalidAmount."""
    compact = re.sub(r"[\s\u00a0\u202f₸]", "", typed)
    if not compact:
        return None
    if not re.fullmatch(r"[0-9]{1,12}([.,][0-9]{1,2})?", compact):
        raise InvalidAmount("must be a sum in tenge")
    return round_tiyn(parse_amount(compact))


def _read_parts(typed: Mapping[str, str], total: Decimal, errors: FormErrors) -> dict[PaymentKind, Decimal]:
    method = typed.get("method", "")
    if method not in METHODS:
        errors.add("method", Text("Choose how the customer pays."))
        return {}
    if method != SPLIT:
        return {PaymentKind(method): total}
    amounts = {kind: _read_amount(f"amount_{kind}", typed, errors) for kind in PaymentKind}
    parts = {kind: amount for kind, amount in amounts.items() if amount}
    paid = sum(parts.values(), ZERO)
    if any(f"amount_{kind}" in errors.by_field for kind in PaymentKind):
        return parts
    if paid < total:
        errors.add("split", Text("%(rest)s are missing: the parts add up to %(paid)s.", rest=total - paid, paid=paid))
    elif paid > total:
        errors.add("split", Text("That is %(more)s too much: the parts add up to %(paid)s.", more=paid - total, paid=paid))
    return parts


def _read_received(typed: Mapping[str, str], cash: Decimal, errors: FormErrors) -> Decimal:
    """Nothing typed means the exact sum."""
    if not cash:
        return ZERO
    name = "cash_received_split" if typed.get("method") == SPLIT else "cash_received"
    received = _read_amount(name, typed, errors)
    if received is None:
        return cash
    if received < cash:
        errors.add(name, Text("Less than the cash part, %(cash)s.", cash=cash))
    return received


def _read_amount(name: str, typed: Mapping[str, str], errors: FormErrors) -> Decimal | None:
    try:
        return read_typed_amount(typed.get(name, "")[:MAX_TYPED])
    except InvalidAmount:
        errors.add(name, Text("Write a sum in tenge, such as 4 000 or 4 000,50."))
        return None


_READERS = {"email": read_email, "phone": read_phone, "xin": read_xin}


def _read_customer(name: str, typed: Mapping[str, str], errors: FormErrors) -> str | None:
    try:
        return _READERS[name](typed.get(name, "")[:MAX_TYPED])
    except Unreadable as problem:
        errors.add(name, problem.text)
        return None
