"""The register takes the rates of the law about the day of the receipt, and refuses the rest."""

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

Build = Callable[..., dict[str, Any]]
GetCode = Callable[[Any], int | None]


def sell(client: Any, position: Build, percent: int, number: str = "sale-1", **changes: Any) -> Any:
    tax = (Decimal(4000) * percent / (100 + percent)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return client.sell(number, Positions=[position(TaxType=100, TaxPercent=percent, Tax=float(tax))], **changes)


@pytest.mark.parametrize(
    ("day", "taken"),
    [
        ("2025-11-01", {12}),
        ("2025-12-20", {5, 10, 12, 16}),  # what is paid before New Year may be rendered after it
        ("2026-01-20", {5, 10, 12, 16}),  # and the other way round
        ("2026-06-15", {5, 10, 16}),
        ("2026-12-31", {5, 10, 16}),
        ("2027-01-20", {5, 10, 16}),
        ("2027-03-01", {10, 16}),
    ],
)
def test_rates_of_the_law_by_the_day(client: Any, position: Build, get_code: GetCode, day: str, taken: set[int]) -> None:
    client.control("clock", {"set": f"{day}T12:00:00+05:00"})
    answers = {rate: sell(client, position, rate, f"sale-{rate}") for rate in (5, 8, 10, 12, 16, 20)}
    assert {rate for rate, answer in answers.items() if get_code(answer) is None} == taken
    assert "Недопустимая ставка налога (8)" in answers[8]["Errors"][0]["Text"]


def test_days_of_lateness_are_a_setting(client: Any, position: Build, get_code: GetCode) -> None:
    client.control("clock", {"set": "2027-03-01T12:00:00+05:00"})
    client.control("settings", {"vat_days": 60})
    assert get_code(sell(client, position, 5)) is None


def test_a_return_keeps_the_rate_of_its_sale(client: Any, position: Build, get_code: GetCode) -> None:
    client.control("clock", {"set": "2026-06-15T12:00:00+05:00"})
    sold = sell(client, position, 5)["Data"]
    client.control("clock", {"set": "2027-06-15T12:00:00+05:00"})
    basis = {"CheckNumber": sold["CheckNumber"], "DateTime": sold["DateTime"], "Total": 4000, "IsOffline": False}
    basis["RegistrationNumber"] = sold["Cashbox"]["RegistrationNumber"]
    client.login()
    client.call("/api/v4/ZReport")
    client.call("/api/v4/MoneyOperation", operationType=0, sum=9000, externalCheckNumber="cash")
    back = {"OperationType": 3, "ReturnBasisDetails": basis}
    assert get_code(sell(client, position, 10, "back-1", **back)) == 9
    assert get_code(sell(client, position, 16, "back-2", **back)) == 9
    assert get_code(sell(client, position, 5, "back-3", **back)) is None
