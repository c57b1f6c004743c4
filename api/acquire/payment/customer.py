"""Reads what a customer says about themselves for an e-receipt, into the form Webkassa takes. Pure."""

import re

from api.acquire.words.text import Text
from shared.customer import addresses

_XIN_DIGITS = 12
_FIRST_WEIGHTS = tuple(range(1, 12))
_SECOND_WEIGHTS = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)


class Unreadable(ValueError):
    """Raised for what cannot be right; `text` says why."""

    def __init__(self, text: Text) -> None:
        super().__init__(text.msgid)
        self.text = text


def read_email(typed: str) -> str | None:
    """Returns an e-mail address of at most 50 characters; None when nothing was typed. Raises Unreadable."""
    if not typed.strip():
        return None
    if len(typed.strip()) > addresses.MAX_EMAIL:
        raise Unreadable(Text("The e-mail is longer than 50 characters."))
    email = addresses.read_email(typed)
    if email is None:
        raise Unreadable(Text("This is not an e-mail address."))
    return email


def read_phone(typed: str) -> str | None:
    """Returns +7XXXXXXXXXX, from +7…, 8… or ten digits; None when nothing was typed. Raises Unreadable."""
    if not typed.strip():
        return None
    phone = addresses.read_phone(typed)
    if phone is None:
        raise Unreadable(Text("A phone number of Kazakhstan has 10 digits after +7."))
    return phone


def read_xin(typed: str) -> str | None:
    """Returns an IIN or BIN with a right control digit; None when nothing was typed. Raises Unreadable."""
    xin = re.sub(r"[\s-]", "", typed)
    if not xin:
        return None
    if not re.fullmatch(rf"[0-9]{{{_XIN_DIGITS}}}", xin):
        raise Unreadable(Text("An IIN or BIN has 12 digits."))
    if not has_right_control_digit(xin):
        raise Unreadable(Text("There is a mistake in the IIN or BIN: the control digit does not fit."))
    return xin


def has_right_control_digit(xin: str) -> bool:
    """Checks the last of twelve digits: a weighted sum of the others modulo 11.

    A 10 asks for other weights, a second 10 is no number: the rule of Kazakhstan's identification numbers.
    """
    digits = [int(digit) for digit in xin]
    for weights in (_FIRST_WEIGHTS, _SECOND_WEIGHTS):
        control = sum(digit * weight for digit, weight in zip(digits, weights, strict=False)) % 11
        if control < 10:
            return control == digits[-1]
    return False
