"""Reads and rounds money: Decimal tenge. One tenge is 100 tiyn; nothing smaller exists on a receipt."""

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

TIYN = Decimal("0.01")
ZERO = Decimal("0.00")

# Columns are NUMERIC(14,2); Webkassa takes prices below a billion. Anything larger is a broken payload.
LARGEST = Decimal("999999999999.99")
_SMALLEST_EXPONENT = -12


class InvalidAmount(ValueError):
    """Raised where a value is not an amount of money; the message completes "<field> …"."""


def parse_amount(value: Any) -> Decimal:
    """Returns a JSON number or numeric string as an exact Decimal, not rounded.

    Altegio sends ints, floats and strings for the same field. Floats go through their shortest text form.
    Raises InvalidAmount for anything else, for NaN and infinities, and for sums no receipt can hold.
    """
    if type(value) is int and abs(value) <= LARGEST:  # most sums are whole tenge
        return Decimal(value)
    if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
        raise InvalidAmount("must be a number")
    try:
        amount = Decimal(str(value).strip().replace(",", "."))
    except InvalidOperation:
        raise InvalidAmount("must be a number") from None
    if not amount.is_finite():
        raise InvalidAmount("must be a finite number")
    # By the exponent first: arithmetic on a number such as 1e9999999 overflows.
    if amount and (amount.adjusted() > LARGEST.adjusted() or amount.copy_abs() > LARGEST):
        raise InvalidAmount("is larger than any receipt can hold")
    if amount and amount.adjusted() < _SMALLEST_EXPONENT:
        raise InvalidAmount("is smaller than any amount of money")
    return amount


def round_tiyn(amount: Decimal) -> Decimal:
    """Rounds to 0.01, half away from zero: the rounding Webkassa checks against."""
    return amount.quantize(TIYN, rounding=ROUND_HALF_UP)


def is_whole(amount: Decimal) -> bool:
    """Says whether an amount is whole tenge."""
    return amount == amount.to_integral_value()
