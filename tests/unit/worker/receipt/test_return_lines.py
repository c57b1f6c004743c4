"""A return repeats its sale: rate, basis and ways of payment, whatever the date is by now."""

from decimal import Decimal
from typing import Any

import pytest

from worker.receipt.return_lines import Basis, CannotReturn, build_return

CASH, CARD = 0, 1
NUMBER = "altegio_1_r1"


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
    assert request["OperationType"] == 3
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


def test_what_was_returned_is_not_returned_again(sale: Basis) -> None:
    whole = build_return(sale, [], [], NUMBER)
    with pytest.raises(CannotReturn, match="everything was returned"):
        build_return(sale, [whole.request], [], "altegio_1_r2")
