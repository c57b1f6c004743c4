"""The largest and the smallest amounts, and what is said of those beyond."""

from decimal import Decimal
from typing import Any

import pytest

from shared.fiscal.money import InvalidAmount, parse_amount


@pytest.mark.parametrize("value", ["999999999999.99", "-999999999999.99", 999999999999, "0.000000000001", "0e-30", "1e-12"])
def test_the_outermost_amounts_are_read(value: Any) -> None:
    assert parse_amount(value) == Decimal(value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("999999999999.991", "is larger than any receipt can hold"),
        (1000000000000, "is larger than any receipt can hold"),
        (-1000000000000, "is larger than any receipt can hold"),
        ("1e12", "is larger than any receipt can hold"),
        ("1e-13", "is smaller than any amount of money"),
        ("9e-13", "is smaller than any amount of money"),
        ("Infinity", "must be a finite number"),
        ("дорого", "must be a number"),
        (True, "must be a number"),
        ([1], "must be a number"),
    ],
)
def test_what_is_beyond_says_so(value: Any, words: str) -> None:
    with pytest.raises(InvalidAmount, match=f"^{words}$"):
        parse_amount(value)
