"""Reads a salon's choices: the words of its cashbox's row, of the environment where that leaves them open. Pure."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from shared.fiscal.accounts import name_id, parse_accounts
from shared.fiscal.vat_rates import parse_vat_lines

# Columns of `cashboxes` and settings of the same name.
CHOICES: Final = (
    "vat",
    "vat_lines",
    "comment_marker",
    "fiscalize_when",
    "default_payment_method",
    "payment_kinds",
    "deposits",
    "part_payments",
    "tips",
    "certificates_as",
    "goods_codes",
    "receipt_to_client",
    "receipt_language",
    "write_back",
    "desk_payments",
)
SETTING_OF = {"comment_marker": "fiscalize_comment_marker", "vat": "webkassa_vat"}

DEPOSITS = ("by_hand", "at_top_up", "at_spending")
# Words of the environment -> of the policy.
PART_PAYMENTS: Mapping[str, str] = {"at_the_end": "one_at_end", "each": "per_payment"}
# Ways of a receipt to its customer. `webkassa`: phone and e-mail go into the request, and Webkassa sends what it sends;
# `whatsapp-link`: staff send it; the others are channels of our own.
RECEIVERS = ("webkassa", "email", "sms", "webhook", "whatsapp-link")
NOBODY = "none"
LANGUAGES = ("ru", "kk", "en")
DEFAULT_ACCOUNTS = "Kaspi=mobile"
LONGEST_FIELD_NAME = 64
DEFAULT_TIPS = "чаевые, шайлық, tips"


def choose(settings: object, cashbox: object | None, name: str) -> str:
    """Returns the word that holds for a choice. `cashbox`: its row, or as much of it as was read."""
    own = getattr(cashbox, name, None)
    return str(getattr(settings, SETTING_OF.get(name, name)) if own is None else own)


def check_choice(name: str, text: str) -> str:
    """Returns a choice as it is stored, without spaces around it. Raises ValueError where it does not fit."""
    text = text.strip()
    if text and name in CHECKS:
        CHECKS[name](text)
    return text


def parse_vat(text: str) -> str:
    """Returns a VAT regime in small letters: `none`, `auto` or a whole rate from 1 to 99. Raises ValueError."""
    vat = text.strip().lower()
    if vat in ("none", "auto") or (vat.isdigit() and 0 < int(vat) < 100):
        return vat
    raise ValueError("must be none, auto or a whole rate such as 12 or 16")


def parse_words(text: str) -> tuple[str, ...]:
    """Returns words and, as `id:` and number, ids of a list with commas."""
    return tuple(name_id(word) for word in (part.strip() for part in text.split(",")) if word)


def parse_receivers(text: str) -> tuple[str, ...]:
    """Returns the ways of a receipt to its customer, as a list with commas names them. Raises ValueError."""
    words = tuple(dict.fromkeys(word.strip().lower() for word in text.split(",") if word.strip()))
    if words == (NOBODY,):
        return ()
    strange = [word for word in words if word not in RECEIVERS]
    if strange or not words:
        raise ValueError(f"must be none, or some of {', '.join(RECEIVERS)}")
    return words


def parse_write_back(text: str) -> str | None:
    """Returns where in a visit its receipts are named: "" for its comment, the name of a field, None for nowhere.

    Raises ValueError.
    """
    place, _, name = text.strip().partition(":")
    if place == "field" and 0 < len(name.strip()) <= LONGEST_FIELD_NAME:
        return name.strip()
    if name or place not in ("off", "comment"):
        raise ValueError(f"{text!r} is none of off, comment, field:<name>")
    return "" if place == "comment" else None


def _one_of(known: Sequence[str] | Mapping[str, str]) -> Callable[[str], str]:
    def check(value: str) -> str:
        if value not in known:
            raise ValueError(f"{value!r} is none of {', '.join(known)}")
        return value

    return check


# Reads a word or raises ValueError; a choice that is not here takes any text.
CHECKS: Mapping[str, Callable[[str], Any]] = {
    "vat": parse_vat,
    "vat_lines": parse_vat_lines,
    "fiscalize_when": _one_of(("paid", "always", "manual")),
    "default_payment_method": _one_of(("card", "cash", "mobile", "ask")),
    "payment_kinds": parse_accounts,
    "deposits": _one_of(DEPOSITS),
    "part_payments": _one_of(PART_PAYMENTS),
    "certificates_as": _one_of(("services", "goods")),
    "goods_codes": _one_of(("optional", "required")),
    "receipt_to_client": parse_receivers,
    "receipt_language": _one_of(LANGUAGES),
    "write_back": parse_write_back,
    "desk_payments": _one_of(("off", "booked")),
}
