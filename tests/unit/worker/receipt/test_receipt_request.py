from decimal import Decimal
from typing import Any

import pytest

from shared.fiscal.statuses import PaymentKind
from tests.unit.material import flat, make_draft
from worker.receipt.lines import ReceiptDraft, build_draft
from worker.receipt.request import to_sale_request


def request_of(draft: ReceiptDraft) -> dict[str, Any]:
    return to_sale_request(draft, "SWK00067890", "altegio_1_2", "altegio_1")


def test_a_whole_request() -> None:
    draft = make_draft({"title": "Мелирование", "amount": 1, "cost_per_unit": 13000, "cost": 12350}, vat=16)
    assert request_of(draft) == {
        "CashboxUniqueNumber": "SWK00067890",
        "OperationType": 2,
        "ExternalCheckNumber": "altegio_1_2",
        "ExternalOrderNumber": "altegio_1",
        "Positions": [
            {
                "PositionName": "Мелирование",
                "Count": 1,
                "Price": 13000,
                "Discount": 650,
                "Markup": 0,
                "TaxType": 100,
                "TaxPercent": 16,
                "Tax": Decimal("1703.45"),
                "UnitCode": 5114,
                "PositionType": 2,
            }
        ],
        "Payments": [{"Sum": 12350, "PaymentType": 1}],
        "Change": 0,
        "RoundType": 2,
    }


def test_the_token_is_none_of_its_business() -> None:
    assert "Token" not in request_of(make_draft({"cost": 1}))


@pytest.mark.parametrize(
    ("vat", "fields"), [(None, (0, None, 0)), (12, (100, 12, Decimal("428.57"))), (16, (100, 16, Decimal("551.72")))]
)
def test_tax_of_a_position(vat: int | None, fields: tuple[int, int | None, Decimal]) -> None:
    (position,) = request_of(make_draft({"cost": 4000}, vat=vat))["Positions"]
    assert (position["TaxType"], position["TaxPercent"], position["Tax"]) == fields


def test_services_and_goods_have_their_codes() -> None:
    draft = make_draft({"cost": 4000}, goods=({"cost": 900, "amount": -1},))
    assert [(row["UnitCode"], row["PositionType"]) for row in request_of(draft)["Positions"]] == [(5114, 2), (796, 0)]


@pytest.mark.parametrize(
    ("line", "round_type"),
    [
        pytest.param({"cost": 4000}, 2, id="whole-tenge"),
        pytest.param({"cost": "4000.00", "cost_per_unit": "5000.0"}, 2, id="whole-with-zeros"),
        pytest.param({"cost": 3000, "cost_per_unit": 2000, "amount": "1.5"}, 2, id="whole-through-a-fraction"),
        pytest.param({"cost": "4000.50"}, 0, id="tiyn-in-the-total"),
        pytest.param({"cost": 4000, "cost_per_unit": "4000.50"}, 0, id="tiyn-in-price-and-discount"),
        pytest.param({"cost": 10, "amount": 3}, 0, id="tiyn-of-an-indivisible-total"),
        pytest.param({"cost": 2, "cost_per_unit": 5, "amount": "0.5"}, 0, id="tiyn-in-price-times-count"),
    ],
)
def test_rounding_to_tenge_only_where_nothing_has_tiyn(line: dict[str, Any], round_type: int) -> None:
    assert request_of(make_draft(line))["RoundType"] == round_type


def test_tiyn_in_one_payment_are_enough() -> None:
    draft = make_draft({"cost": 4000})
    split = {PaymentKind.CASH: Decimal("0.50"), PaymentKind.CARD: Decimal("3999.50")}
    assert request_of(build_draft(draft.lines, split, flat(None)))["RoundType"] == 0


def test_each_payment_kind_once_and_change_zero() -> None:
    kinds = {PaymentKind.MOBILE: Decimal(1000), PaymentKind.CASH: Decimal(2500), PaymentKind.CARD: Decimal(500)}
    request = request_of(build_draft(make_draft({"cost": 4000}).lines, kinds, flat(None)))
    assert sorted((row["PaymentType"], row["Sum"]) for row in request["Payments"]) == [(0, 2500), (1, 500), (4, 1000)]
    assert request["Change"] == 0


def test_order_of_payments_does_not_depend_on_how_they_came() -> None:
    one = {PaymentKind.MOBILE: Decimal(1000), PaymentKind.CASH: Decimal(3000)}
    lines = make_draft({"cost": 4000}).lines
    other = dict(reversed(one.items()))
    assert request_of(build_draft(lines, one, flat(16))) == request_of(build_draft(lines, other, flat(16)))


@pytest.mark.parametrize(
    ("goods", "codes"),
    [
        ({}, {}),
        ({"barcode": "4006381333931"}, {"GTIN": "4006381333931"}),
        ({"ntin": "0123456789012"}, {"NTIN": "0123456789012"}),
        ({"marking_code": "a"}, {"Mark": "a"}),
        ({"amount": -2, "marking_codes": ["a", "b"]}, {"MarkList": ["a", "b"]}),
    ],
)
def test_codes_of_goods_go_along_where_there_are_any(goods: dict[str, Any], codes: dict[str, Any]) -> None:
    line = {"title": "Крем", "amount": -1, "cost": 4000, **goods}
    (position,) = request_of(make_draft(goods=(line,)))["Positions"]
    assert {name: position[name] for name in ("GTIN", "NTIN", "Mark", "MarkList") if name in position} == codes
