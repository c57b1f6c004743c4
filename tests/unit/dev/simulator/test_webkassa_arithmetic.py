from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from dev.simulator.webkassa.rules.arithmetic import compute_line, compute_tax, compute_total, find_faults
from dev.simulator.webkassa.rules.fields import format_ru

Build = Callable[..., dict[str, Any]]
VAT = {"TaxType": 100, "TaxPercent": 12}
BASIS = {
    "CheckNumber": "1000000000011",
    "DateTime": "20.11.2026 14:05:31",
    "RegistrationNumber": "010203040506",
    "Total": 4000,
    "IsOffline": False,
}


def complain(request: dict[str, Any], protocol: int = 203) -> list[str]:
    return find_faults(request, vat_rates=frozenset({12, 16}), protocol=protocol)


def test_refusal_is_worded_as_captured(sale: Build, position: Build) -> None:
    request = sale(
        Positions=[
            position(PositionName="Americano 180мл", Price=400, Discount=48, Tax=Decimal("42.86"), **VAT),
            position(Price=600, Discount=Decimal("38.18"), Tax=Decimal("60.21"), **VAT),
        ],
        Payments=[{"Sum": 1000, "PaymentType": 0}],
        Change=Decimal("86.18"),
    )
    assert "; ".join(complain(request)) == (
        "Позиция 'Americano 180мл': Налог подсчитан неверно. (Текущее: 42,86, Ожидалось: 37,71); "
        "Сумма чека (914,00) не совпадает с суммой платежей (1 000,00) и сдачей (86,18)"
    )


@pytest.mark.parametrize(
    ("round_type", "total"),
    [
        pytest.param(None, "2002.00", id="whole-lines-by-default"),
        pytest.param(2, "2002.00", id="whole-lines"),
        pytest.param(0, "2001.00", id="tiyn"),
        pytest.param(3, "2001.00", id="only-the-total"),
    ],
)
def test_rounding(sale: Build, position: Build, round_type: int | None, total: str) -> None:
    request = sale(Positions=[position(Price=Decimal("1000.50"))] * 2, RoundType=round_type)
    assert str(compute_total(request)) == total


@pytest.mark.parametrize(
    ("round_type", "amount"), [pytest.param(2, "9", id="discount-first"), pytest.param(0, "8.90", id="exact")]
)
def test_discount_is_rounded_before_the_line(position: Build, round_type: int, amount: str) -> None:
    line = position(Price=Decimal("10.30"), Discount=Decimal("1.40"))
    assert str(compute_line(line, round_type)) == amount


def test_round_type_3_rounds_the_total_half_up(sale: Build, position: Build) -> None:
    assert compute_total(sale(Positions=[position(Price=Decimal("0.50"))], RoundType=3)) == 1


@pytest.mark.parametrize(
    ("amount", "percent", "tax"), [("500", 12, "53.57"), ("19000", 12, "2035.71"), ("22500", 16, "3103.45")]
)
def test_tax_is_inside_the_amount(amount: str, percent: int, tax: str) -> None:
    assert compute_tax(Decimal(amount), percent) == Decimal(tax)


def test_numbers_come_as_texts_and_names_in_any_case() -> None:
    request = {
        "operationtype": "2",
        "POSITIONS": [
            {"positionName": "x", "COUNT": "2", "price": "250", "taxtype": "100", "TaxPercent": "16",
             "tax": "68.97", "unitcode": "796"}
        ],
        "payments": [{"SUM": "500.00", "paymenttype": "1"}],
        "Misspelt": "ignored",
    }  # fmt: skip
    assert complain(request) == []
    assert str(compute_total(request)) == "500.00"


def test_modifier_moves_total_and_tax(sale: Build, position: Build) -> None:
    modifier = {"Sum": 400, "Text": "Скидка", "Type": 1, "Tax": Decimal("42.86"), **VAT}
    request = sale(
        Positions=[position(Tax=Decimal("428.57"), **VAT)],
        TicketModifiers=[modifier],
        Payments=[{"Sum": 3600, "PaymentType": 1}],
    )
    assert complain(request) == []
    assert compute_total(request) == 3600


def test_modifier_cannot_take_more_tax_than_there_is(sale: Build, position: Build) -> None:
    modifier = {"Sum": 400, "Text": "Скидка", "Type": 1, "Tax": Decimal("42.86"), **VAT}
    request = sale(TicketModifiers=[modifier], Payments=[{"Sum": 3600, "PaymentType": 1}])
    assert complain(request) == ["Сумма налога чека не может быть отрицательной"]


def test_format_is_russian() -> None:
    assert format_ru(Decimal("1234567.5")) == "1 234 567,50"


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"ExternalCheckNumber": "x" * 51}, "ExternalCheckNumber"),
        ({"ExternalOrderNumber": "x" * 201}, "ExternalOrderNumber"),
        ({"CustomerXin": "12345"}, "12 цифр"),
        ({"CustomerEmail": "nobody"}, "электронной почты"),
        ({"CustomerPhone": "1" * 21}, "CustomerPhone"),
        ({"ExternalLinkId": "x"}, "GUID"),
        ({"OperationType": 5}, "тип операции"),
        ({"RoundType": 1}, "округления"),
        ({"PaperKind": 7}, "бумаги"),
        ({"Positions": []}, "хотя бы одну позицию"),
        ({"Payments": []}, "хотя бы один платеж"),
        ({"Payments": [{"Sum": 2000, "PaymentType": 1}] * 2}, "только один раз"),
        ({"Payments": [{"Sum": 4000, "PaymentType": 2}]}, "тип платежа"),
        ({"Payments": [{"Sum": 10**9, "PaymentType": 0}]}, "сумма платежа"),
        ({"Payments": [{"Sum": 6 * 10**8, "PaymentType": kind} for kind in (0, 1)]}, "9 знаков"),
        ({"Payments": [{"Sum": 5000, "PaymentType": 1}], "Change": 1000}, "безналичных"),
        ({"Payments": [{"Sum": 3000, "PaymentType": 1}], "Change": None}, "меньше суммы чека"),
        ({"Change": -1}, "сдачи"),
        ({"OperationType": 3}, "Необходимо заполнить данные чека основания"),
        ({"OperationType": 1, "ReturnBasisDetails": {**BASIS, "IsOffline": None}}, "IsOffline"),
        ({"OperationType": 3, "ReturnBasisDetails": {**BASIS, "DateTime": "вчера"}}, "DateTime"),
    ],
)
def test_request_is_refused(sale: Build, changes: dict[str, Any], complaint: str) -> None:
    assert complain(sale()) == []
    complaints = complain(sale(**changes))
    assert [text for text in complaints if complaint in text] == complaints != []


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"PositionName": " "}, "наименование"),
        ({"PositionName": "x" * 256}, "Наименование"),
        ({"Count": Decimal("1.0001")}, "количество"),
        ({"Count": 4_294_968}, "количество"),
        ({"Price": -1}, "цена"),
        ({"Price": "сто"}, "цена"),
        ({"Discount": -1}, "скидка"),
        ({"Discount": 4001}, "отрицательной"),
        ({"TaxType": 1}, "тип налога"),
        ({"TaxType": 100, "TaxPercent": 8}, "ставка"),
        ({"TaxType": 100, "TaxPercent": None}, "ставка"),
        ({"Tax": 1}, "Ожидалось: 0,00"),
        ({"Tax": None}, "сумму налога"),
        ({"UnitCode": None}, "единицу"),
        ({"Mark": "a", "MarkList": ["b"]}, "Mark"),
    ],
)
def test_position_is_refused(sale: Build, position: Build, changes: dict[str, Any], complaint: str) -> None:
    complaints = complain(sale(Positions=[position(**changes)]))
    assert complaint in complaints[0]
    assert complaints[0].startswith("Позиция '")


def test_kind_of_position_is_needed_since_protocol_204(sale: Build, position: Build) -> None:
    assert complain(sale(), protocol=203) == []
    assert "PositionType" in complain(sale(), protocol=204)[0]
    assert complain(sale(Positions=[position(PositionType=2)]), protocol=204) == []


@pytest.mark.parametrize("moment", ["20.11.2026 14:05", "2026-11-20 14:05:31", "2026-11-20T14:05:31Z", BASIS["DateTime"]])
def test_basis_date_is_read_in_the_forms_seen(sale: Build, moment: str) -> None:
    assert complain(sale(OperationType=3, ReturnBasisDetails={**BASIS, "DateTime": moment})) == []
