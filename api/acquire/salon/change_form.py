"""Reads and describes the form of one setting: which field it has, and what is typed there. Pure."""

from collections.abc import Mapping
from enum import StrEnum

from api.acquire.payment.form import read_typed_amount
from api.acquire.salon.service_words import find_choice
from api.acquire.words.text import Text
from shared.fiscal.money import InvalidAmount
from shared.salon.choices import RECEIVERS

_TEXTS = ("comment_marker", "payment_kinds", "tips", "quiet_hours")
_NUMBERS = ("return_delay_seconds", "alert_oldest_minutes", "alert_goods_coded_percent")
_SUMS = ("cashier_withdrawal_ceiling", "cashier_return_ceiling")
FIELD = "field"
# How to write what is typed freely.
EXAMPLES: Mapping[str, Text] = {
    "comment_marker": Text("One word. Empty: every visit."),
    "payment_kinds": Text(
        "Words of titles or numbers, with commas: Kaspi=mobile, id:46003=none. After the sign: cash, card, mobile, none"
        " (bank transfer) or elsewhere (the terminal makes the receipt)."
    ),
    "tips": Text("Words with commas. Empty: nothing is a tip."),
    "quiet_hours": Text("Two times such as 22:00-08:00, or none."),
    "shift_close_at": Text("A time such as 23:50."),
    "cashier_withdrawal_ceiling": Text("A sum in tenge, or nothing."),
    "cashier_return_ceiling": Text("A sum in tenge, or nothing."),
    "return_delay_seconds": Text("A number of seconds, a week at most."),
    "alert_oldest_minutes": Text("A number of minutes, a week at most."),
    "alert_goods_coded_percent": Text("A whole number from 0 to 100."),
    "write_back": Text("A field of the visit has a name of up to 64 characters."),
}
CHOOSE = Text("Choose one of these.")


class Shape(StrEnum):
    """Names what a form asks with: a choice of one or of many, a place in Altegio's visit, text, a time, a number, a sum."""

    ONE = "one"
    MANY = "many"
    PLACE = "place"
    TEXT = "text"
    TIME = "time"
    NUMBER = "number"
    SUM = "sum"


def find_shape(name: str) -> Shape:
    """Returns what the form of a setting asks with."""
    if name == "receipt_to_client":
        return Shape.MANY
    if name == "write_back":
        return Shape.PLACE
    if name == "shift_close_at":
        return Shape.TIME
    if name in _TEXTS:
        return Shape.TEXT
    if name in _NUMBERS:
        return Shape.NUMBER
    return Shape.SUM if name in _SUMS else Shape.ONE


def read_typed(name: str, form: Mapping[str, str]) -> str:
    """Returns what was typed as `shared.salon.changeable` reads it; what cannot be read stays as it is, to be refused."""
    value = " ".join(form.get("value", "").split())
    match find_shape(name):
        case Shape.MANY:
            return ",".join(way for way in RECEIVERS if form.get(f"way_{way}")) or "none"
        case Shape.PLACE:
            return f"{FIELD}:{form.get('place', '').strip()}" if value == FIELD else value
        case Shape.SUM:
            return _read_sum(value)
        case Shape.NUMBER:
            return value.replace(",", ".")
        case _:
            return value


def _read_sum(typed: str) -> str:
    try:
        amount = read_typed_amount(typed)
    except InvalidAmount:
        return typed
    return "" if amount is None else str(amount)


def list_words(name: str) -> list[tuple[str, Text]]:
    """Returns the words that may be chosen, with what they mean; the one for nothing is no box to tick."""
    words = find_choice(name).words
    return [(word, said) for word, said in words.items() if not (name == "receipt_to_client" and word == "none")]
