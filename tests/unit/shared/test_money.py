from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from shared.fiscal.money import InvalidAmount, is_whole, parse_amount, round_tiyn


@pytest.mark.parametrize(
    ("value", "amount"),
    [
        pytest.param(4000, "4000", id="int"),
        pytest.param(9500.0, "9500.0", id="float"),
        pytest.param(0.1, "0.1", id="float-through-its-shortest-text"),
        pytest.param(10.55, "10.55", id="float-is-not-its-binary-neighbour"),
        pytest.param("1000.00", "1000.00", id="text-of-older-installations"),
        pytest.param(" 12.5 ", "12.5", id="text-with-spaces-around"),
        pytest.param("12,50", "12.50", id="decimal-comma"),
        pytest.param("-1.000000000", "-1.000000000", id="nine-decimals"),
        pytest.param(Decimal("4162.43"), "4162.43", id="decimal"),
        pytest.param("999999999999.99", "999999999999.99", id="the-largest"),
        pytest.param(0, "0", id="zero"),
    ],
)
def test_amount_is_read_exactly(value: Any, amount: str) -> None:
    assert str(parse_amount(value)) == amount


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(True, id="true-is-no-amount"),
        pytest.param(None, id="null"),
        pytest.param([], id="list"),
        pytest.param({}, id="object"),
        pytest.param(Fraction(3), id="a-number-that-is-not-of-json"),
        pytest.param("", id="empty"),
        pytest.param("дорого", id="word"),
        pytest.param("1 000", id="spaces-inside"),
        pytest.param("1.000,50", id="two-separators"),
        pytest.param("NaN", id="nan-as-text"),
        pytest.param(float("nan"), id="nan"),
        pytest.param(float("inf"), id="infinity"),
        pytest.param("-Infinity", id="infinity-as-text"),
        pytest.param("1e400", id="overflow"),
        pytest.param(10**400, id="integer-overflow"),
        pytest.param("1000000000000", id="more-than-a-column-holds"),
    ],
)
def test_what_is_no_amount_is_refused(value: Any) -> None:
    with pytest.raises(InvalidAmount):
        parse_amount(value)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        pytest.param("0.005", "0.01", id="half-up"),
        pytest.param("-0.005", "-0.01", id="half-away-from-zero"),
        pytest.param("0.0149", "0.01", id="down"),
        pytest.param("2.675", "2.68", id="where-floats-fail"),
        pytest.param("4000", "4000.00", id="always-two-decimals"),
    ],
)
def test_rounds_half_away_from_zero(amount: str, rounded: str) -> None:
    assert str(round_tiyn(Decimal(amount))) == rounded


@pytest.mark.parametrize(("amount", "whole"), [("4000.00", True), ("4000.01", False), ("-1.000000000", True)])
def test_whole_tenge(amount: str, whole: bool) -> None:
    assert is_whole(Decimal(amount)) is whole


@pytest.mark.parametrize("value", ["1e9999999", "-1e9999999", "1e-9999999", "1e13", "-1000000000000"])
def test_a_number_beyond_any_sum_is_refused_and_does_not_overflow(value: str) -> None:
    with pytest.raises(InvalidAmount):
        parse_amount(value)
