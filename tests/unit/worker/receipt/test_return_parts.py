"""Parts of returns at their edges: the last tiyn, codes of marked pieces, what the manager reads."""

from decimal import Decimal
from typing import Any

import pytest

from worker.receipt.return_lines import Basis, CannotReturn, build_return

NUMBER = "altegio_1_r1"


def position(count: Any, price: Any, discount: Any = 0, **more: Any) -> dict[str, Any]:
    fields = {"PositionName": "Крем", "Count": count, "Price": price, "Discount": discount, "Markup": 0}
    return {**fields, "TaxPercent": None, "Tax": 0, **more}


def sell(*positions: dict[str, Any], paid: Any) -> Basis:
    request = {
        "CashboxUniqueNumber": "SWK00000001",
        "ExternalOrderNumber": "1",
        "Positions": list(positions),
        "Payments": [{"Sum": paid, "PaymentType": 1}],
    }
    return Basis(request, Decimal(str(paid)), "987654321", "30.12.2025 18:04:05", "010203010001", offline_mode=False)


def give_back(sale: Basis, earlier: list[dict[str, Any]], count: str, **more: Any) -> dict[str, Any]:
    return build_return(sale, earlier, [{"position": 0, "count": count, **more}], NUMBER).request


def test_the_last_of_three_gives_back_what_the_others_left() -> None:
    """10.00 for three: 3.33, then half of 6.67, and what is left of it."""
    sale = sell(position(3, "3.34", "0.02"), paid=10)
    first = give_back(sale, [], "1")
    second = give_back(sale, [first], "1")
    third = give_back(sale, [first, second], "1")
    sums = [one["Payments"][0]["Sum"] for one in (first, second, third)]
    assert sums == [Decimal("3.33"), Decimal("3.34"), Decimal("3.33")]
    assert [one["Positions"][0]["Price"] for one in (first, second, third)] == [Decimal("3.34")] * 3


def test_a_price_is_raised_up_and_only_where_the_part_would_not_add_up() -> None:
    """A quarter of 0.33 is 0.08, half of the 0.17 that were paid 0.09: 0.36 is the least price that gives it."""
    (part,) = give_back(sell(position("0.5", "0.33"), paid="0.17"), [], "0.25")["Positions"]
    assert (part["Price"], part["Discount"]) == (Decimal("0.36"), 0)
    (same,) = give_back(sell(position("0.5", "0.34"), paid="0.17"), [], "0.25")["Positions"]
    assert (same["Price"], same["Discount"]) == (Decimal("0.34"), 0)


def test_a_raised_price_never_gives_back_less_than_the_part() -> None:
    """1.3 for 0.16, of which 1.2 are 0.15: 0.125 each, and 0.12 would be a tiyn too little, a discount below nothing."""
    (part,) = give_back(sell(position("1.3", "0.12"), paid="0.16"), [], "1.2")["Positions"]
    assert (part["Price"], part["Discount"]) == (Decimal("0.13"), Decimal("0.01"))


def test_the_price_stays_where_the_part_adds_up_though_another_would_do() -> None:
    (part,) = give_back(sell(position(4, "2.52", "0.04"), paid="10.04"), [], "1")["Positions"]
    assert (part["Price"], part["Discount"]) == (Decimal("2.52"), Decimal("0.01"))


def test_one_piece_left_has_its_own_code_alone() -> None:
    sale = sell(position(2, 1000, MarkList=["a", "b"]), paid=2000)
    first = give_back(sale, [], "1", marks=["b"])
    assert (first["Positions"][0]["Mark"], "MarkList" in first["Positions"][0]) == ("b", False)
    second = build_return(sale, [first], [], NUMBER).request["Positions"][0]
    assert (second["Mark"], "MarkList" in second) == ("a", False)
    alone = build_return(sell(position(1, 1000, Mark="c"), paid=1000), [], [], NUMBER).request["Positions"][0]
    assert alone["Mark"] == "c"


def test_a_marked_piece_of_half_a_sale_carries_no_code_of_the_other() -> None:
    """Sold with one code for two pieces, which Webkassa would not have taken: nothing is known of the other."""
    careless = give_back(sell(position(2, 1000, Mark="a"), paid=2000), [], "1")["Positions"][0]
    assert ("Mark" in careless, "MarkList" in careless) == (False, False)


@pytest.mark.parametrize("line", [{"position": 0, "count": "1"}, {"position": 0, "count": "2", "marks": ["a"]}])
def test_the_manager_reads_which_line_wants_codes(line: dict[str, Any]) -> None:
    words = f"^line 1: {line['count']} of its codes have to be chosen, of those that were not returned yet$"
    with pytest.raises(CannotReturn, match=words):
        build_return(sell(position(3, 1000, MarkList=["a", "b", "c"]), paid=3000), [], [line], NUMBER)


def test_the_words_when_nothing_is_left() -> None:
    sale = sell(position(1, 1000), paid=1000)
    whole = build_return(sale, [], [], NUMBER).request
    with pytest.raises(CannotReturn, match=r"^everything was returned already$"):
        build_return(sale, [whole], [], NUMBER)
