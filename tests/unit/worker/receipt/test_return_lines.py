"""A return repeats its sale: rate, basis and ways of payment, whatever the date is by now."""

from decimal import Decimal
from typing import Any

import pytest

from worker.receipt.return_lines import Basis, CannotReturn, build_return

CASH, CARD, MOBILE = 0, 1, 4
NUMBER = "altegio_1_r1"
PIECE = [{"position": 0, "count": "1"}]


def sold(name: str, price: int, tax: str) -> dict[str, Any]:
    return {"PositionName": name, "Count": 1, "Price": price, "Discount": 0, "Markup": 0, "TaxPercent": 12, "Tax": tax}


@pytest.fixture
def sale() -> Basis:
    """Of 2025, when VAT was 12 %: 2500 in cash, out of 3000, and 5000 by card."""
    request = {
        "CashboxUniqueNumber": "SWK00000001",
        "ExternalCheckNumber": "altegio_1",
        "ExternalOrderNumber": "1",
        "Positions": [sold("Стрижка", 4000, "428.57"), sold("Укладка", 3500, "375")],
        "Payments": [{"Sum": 3000, "PaymentType": CASH}, {"Sum": 5000, "PaymentType": CARD}],
        "Change": 500,
    }
    return Basis(request, Decimal(7500), "987654321", "30.12.2025 18:04:05", "010203010001", offline_mode=True)


def test_the_basis_is_the_sale_to_the_letter(sale: Basis) -> None:
    request = build_return(sale, [], [], NUMBER).request
    assert request["ReturnBasisDetails"] == {
        "CheckNumber": "987654321",
        "DateTime": "30.12.2025 18:04:05",
        "RegistrationNumber": "010203010001",
        "Total": 7500,
        "IsOffline": True,
    }
    assert (request["OperationType"], request["Change"], request["ExternalOrderNumber"]) == (3, 0, "1")
    assert request["ExternalCheckNumber"] == NUMBER != sale.request["ExternalCheckNumber"]
    assert request["CashboxUniqueNumber"] == sale.request["CashboxUniqueNumber"]


def test_the_rate_is_that_of_the_sale(sale: Basis) -> None:
    draft = build_return(sale, [], [{"position": 1, "count": "1"}], NUMBER)
    (position,) = draft.request["Positions"]
    assert (position["PositionName"], position["TaxPercent"], draft.tax) == ("Укладка", 12, Decimal("375.00"))


def test_money_goes_back_the_way_it_came_and_change_was_never_kept(sale: Basis) -> None:
    draft = build_return(sale, [], [], NUMBER)
    assert draft.total == Decimal(7500)
    assert draft.request["Payments"] == [{"Sum": 2500, "PaymentType": CASH}, {"Sum": 5000, "PaymentType": CARD}]
    first = build_return(sale, [], [{"position": 0, "count": "1"}], NUMBER)
    assert first.request["Payments"] == [{"Sum": 4000, "PaymentType": CARD}]
    second = build_return(sale, [first.request], [], "altegio_1_r2")
    assert second.request["Payments"] == [{"Sum": 2500, "PaymentType": CASH}, {"Sum": 1000, "PaymentType": CARD}]


def test_the_largest_cashless_kind_goes_back_first() -> None:
    sale = sell([measured("1", "9000")], ("3000", CARD), ("4000", MOBILE), ("2000", CASH))
    part = build_return(sell([measured("2", "4500")], ("3000", CARD), ("4000", MOBILE), ("2000", CASH)), [], PIECE, NUMBER)
    assert part.request["Payments"] == [{"Sum": 500, "PaymentType": CARD}, {"Sum": 4000, "PaymentType": MOBILE}]
    whole = build_return(sale, [], [], NUMBER)
    assert [(one["PaymentType"], one["Sum"]) for one in whole.request["Payments"]] == [
        (CASH, 2000),
        (CARD, 3000),
        (MOBILE, 4000),
    ]


def test_the_tax_of_a_part_is_the_part_s_own() -> None:
    """12 of 112 parts, of 1750 and not of the 3500 that were sold."""
    sale = sell([{**sold("Уход", 1750, "375"), "Count": 2}], ("3500", CASH))
    draft = build_return(sale, [], PIECE, NUMBER)
    (position,) = draft.request["Positions"]
    assert (str(position["Tax"]), draft.tax, draft.total) == ("187.50", Decimal("187.50"), Decimal("1750.00"))


def test_change_is_no_money_that_could_be_given_back() -> None:
    """7000 were kept of 7500 in cash, and the lines say 7500: somebody has to look."""
    sale = sell([measured("1", "7500")], ("7500", CASH))
    sale.request["Change"] = 500  # type: ignore[index]
    with pytest.raises(CannotReturn, match=r"^more than was paid$"):
        build_return(sale, [], [], NUMBER)


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([{"position": 0, "count": "2"}], "line 1: 1 can still be returned, not 2"),
        ([{"position": 1, "count": "0.5"}, {"position": 1, "count": "0.6"}], r"line 2: 1 can still be returned, not 1\.1"),
        ([{"position": 2, "count": "1"}], "no line 3"),
        ([{"position": -1, "count": "1"}], "no line 0"),
        ([{"position": 0, "count": "0"}], "line 1: 1 can still be returned, not 0"),
        ([{"position": 0, "count": "two"}], "'two' is no number"),
    ],
)
def test_more_than_was_sold_is_refused(sale: Basis, lines: list[dict[str, Any]], why: str) -> None:
    with pytest.raises(CannotReturn, match=why):
        build_return(sale, [], lines, NUMBER)


@pytest.mark.parametrize("position", [0, 1])
@pytest.mark.parametrize("count", ["2", "1.001", "0", "-1"])
def test_a_count_that_was_not_sold_is_refused(sale: Basis, position: int, count: str) -> None:
    """Two of the second line cost less than all that was paid."""
    with pytest.raises(CannotReturn, match="can still be returned"):
        build_return(sale, [], [{"position": position, "count": count}], NUMBER)


def test_a_line_that_was_not_sold_is_refused(sale: Basis) -> None:
    with pytest.raises(CannotReturn, match="no line 3"):
        build_return(sale, [], [{"position": 2, "count": "1"}], NUMBER)


def test_more_than_was_paid_is_refused(sale: Basis) -> None:
    sale.request["Payments"][1]["Sum"] = 4000  # type: ignore[index]
    with pytest.raises(CannotReturn, match="more than was paid"):
        build_return(sale, [], [], NUMBER)


def test_a_second_order_of_the_same_line_is_refused(sale: Basis) -> None:
    line = [{"position": 1, "count": "1"}]
    first = build_return(sale, [], line, NUMBER)
    with pytest.raises(CannotReturn, match="line 2: 0 can still be returned, not 1"):
        build_return(sale, [first.request], line, "altegio_1_r2")


def test_what_was_returned_is_not_returned_again(sale: Basis) -> None:
    whole = build_return(sale, [], [], NUMBER)
    with pytest.raises(CannotReturn, match="everything was returned already"):
        build_return(sale, [whole.request], [], "altegio_1_r2")


def measured(count: str, price: str, discount: str = "0") -> dict[str, Any]:
    return {**sold("Краска, г", 0, "0"), "Count": count, "Price": price, "Discount": discount, "TaxPercent": None}


def sell(positions: list[dict[str, Any]], *payments: tuple[str, int]) -> Basis:
    request = {
        "CashboxUniqueNumber": "SWK00000001",
        "ExternalOrderNumber": "1",
        "Positions": positions,
        "Payments": [{"Sum": amount, "PaymentType": kind} for amount, kind in payments],
    }
    total = sum((Decimal(amount) for amount, _ in payments), Decimal(0))
    return Basis(request, total, "987654321", "30.12.2025 18:04:05", "010203010001", offline_mode=False)


def test_the_price_of_a_part_is_raised_until_the_part_adds_up() -> None:
    """Rounded, 0.25 at 0.33 are 0.08, and half of what was paid is 0.09: a discount below zero would be refused."""
    sale = sell([measured("0.5", "0.33")], ("0.17", CASH))
    (part,) = build_return(sale, [], [{"position": 0, "count": "0.25"}], NUMBER).request["Positions"]
    assert (str(part["Price"]), str(part["Discount"])) == ("0.36", "0")
    (same,) = build_return(sell([measured("4", "100")], ("400", CASH)), [], [{"position": 0, "count": "1"}], NUMBER).request[
        "Positions"
    ]
    assert (same["Price"], same["Discount"]) == (100, 0)


@pytest.mark.parametrize(
    ("positions", "payments", "rounding"),
    [
        pytest.param([measured("1", "400"), measured("2", "300", "100")], [("900", CASH)], 2, id="whole"),
        pytest.param([measured("2", "0.5")], [("1", CASH)], 0, id="a-price"),
        pytest.param([measured("1", "10", "0.5"), measured("1", "10", "0.5")], [("19", CASH)], 0, id="discounts"),
        pytest.param([measured("1.5", "3"), measured("1.5", "3")], [("9", CASH)], 0, id="a-count"),
        pytest.param([measured("1", "9")], [("4.5", CASH), ("4.5", CARD)], 0, id="payments"),
    ],
)
def test_webkassa_rounds_lines_only_where_nothing_has_tiyn(
    positions: list[dict[str, Any]], payments: list[tuple[str, int]], rounding: int
) -> None:
    assert build_return(sell(positions, *payments), [], [], NUMBER).request["RoundType"] == rounding


def marked(count: int, *marks: str) -> dict[str, Any]:
    codes = {"Mark": marks[0]} if len(marks) == 1 else {"MarkList": list(marks)}
    return {"PositionName": "Крем", "Count": count, "Price": 1000, "Discount": 0, "TaxPercent": None, "Tax": 0, **codes}


@pytest.fixture
def creams(sale: Basis) -> Basis:
    """Three marked pieces."""
    request = {**sale.request, "Positions": [marked(3, "a", "b", "c")], "Payments": [{"Sum": 3000, "PaymentType": CARD}]}
    return Basis({**request, "Change": 0}, Decimal(3000), "1", "30.12.2025 18:04:05", "1", offline_mode=False)


def codes_of(request: dict[str, Any]) -> tuple[Any, Any]:
    (position,) = request["Positions"]
    return position.get("Mark"), position.get("MarkList")


class TestMarkedGoods:
    def test_all_of_them_carry_all_codes(self, creams: Basis) -> None:
        assert codes_of(build_return(creams, [], [], NUMBER).request) == (None, ["a", "b", "c"])

    def test_some_of_them_carry_the_chosen_ones_and_the_rest_what_is_left(self, creams: Basis) -> None:
        first = build_return(creams, [], [{"position": 0, "count": "2", "marks": ["a", "c"]}], NUMBER).request
        assert codes_of(first) == (None, ["a", "c"])
        assert codes_of(build_return(creams, [first], [], NUMBER).request) == ("b", None)

    @pytest.mark.parametrize("marks", [None, [], ["a", "b"], ["a", "a"], ["x"]])
    def test_as_many_as_pieces_and_no_others(self, creams: Basis, marks: list[str] | None) -> None:
        with pytest.raises(CannotReturn, match="codes have to be chosen"):
            build_return(creams, [], [{"position": 0, "count": "1", "marks": marks}], NUMBER)

    def test_a_code_comes_back_once(self, creams: Basis) -> None:
        first = build_return(creams, [], [{"position": 0, "count": "1", "marks": ["a"]}], NUMBER).request
        with pytest.raises(CannotReturn, match="not returned yet"):
            build_return(creams, [first], [{"position": 0, "count": "1", "marks": ["a"]}], NUMBER)

    def test_where_nobody_knows_which_came_back_none_are_told(self, creams: Basis) -> None:
        """A return made before codes were chosen carried all of them."""
        careless = build_return(creams, [], [{"position": 0, "count": "1", "marks": ["a"]}], NUMBER).request
        del careless["Positions"][0]["Mark"]
        careless["Positions"][0]["MarkList"] = ["a", "b", "c"]
        assert codes_of(build_return(creams, [careless], [], NUMBER).request) == (None, None)
