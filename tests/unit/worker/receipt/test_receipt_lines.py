from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from shared.altegio import GoodsOperation
from shared.clock import almaty_date
from shared.fiscal.statuses import PaymentKind
from tests.unit.material import flat, make_draft, make_record
from worker.receipt.lines import (
    CannotBuild,
    Line,
    build_draft,
    build_goods_lines,
    build_record_lines,
    fit_record_lines,
    price_record,
    take_off,
)
from worker.receipt.vat import VatRegime, choose_vat_rates, contained_tax

HAIRCUT: dict[str, Any] = {"title": "Стрижка", "amount": 1, "cost_per_unit": 4000, "cost": 4000}


def build(*services: dict[str, Any], tiyn: bool = False) -> tuple[Line, ...]:
    return build_record_lines(make_record(services=list(services)), amounts_in_tiyn=tiyn)


def build_one(line: dict[str, Any], *, goods: bool = False) -> tuple[str, str, str, str]:
    """Count, price, discount and total as text."""
    record = make_record(services=[] if goods else [line], goods_transactions=[line] if goods else [])
    (built,) = build_record_lines(record)
    return tuple(f"{x:f}" for x in (built.count, built.price, built.discount, built.total))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("line", "built"),
    [
        pytest.param(HAIRCUT, ("1", "4000.00", "0.00", "4000.00"), id="plain"),
        pytest.param(HAIRCUT | {"cost": 3800, "discount": 5}, ("1", "4000.00", "200.00", "3800.00"), id="percent-discount"),
        pytest.param(
            HAIRCUT | {"cost_per_unit": "4501.49", "cost": "4163.88", "discount": 7.5},
            ("1", "4501.49", "337.61", "4163.88"),
            id="percent-discount-leaves-tiyn",
        ),
        pytest.param(HAIRCUT | {"cost_to_pay": 1500}, ("1", "4000.00", "2500.00", "1500.00"), id="what-is-left-to-pay-wins"),
        pytest.param(HAIRCUT | {"cost": 5000}, ("1", "5000.00", "0.00", "5000.00"), id="raised-by-hand-is-a-price"),
        pytest.param(HAIRCUT | {"cost": 3000}, ("1", "4000.00", "1000.00", "3000.00"), id="lowered-by-hand-is-a-discount"),
        pytest.param(
            HAIRCUT | {"amount": 2, "cost": 8000}, ("2", "4000.00", "0.00", "8000.00"), id="cost-is-of-the-whole-line"
        ),
        pytest.param(HAIRCUT | {"amount": "1.5", "cost": 6000}, ("1.5", "4000.00", "0.00", "6000.00"), id="one-and-a-half"),
        pytest.param(
            HAIRCUT | {"amount": 3, "cost": 10000, "cost_per_unit": 3000},
            ("3", "3333.34", "0.02", "10000.00"),
            id="raised-and-indivisible",
        ),
        pytest.param({"title": "Борода", "cost": 3800}, ("1", "3800.00", "0.00", "3800.00"), id="cost-alone"),
        pytest.param(
            {"title": "Борода", "cost": "10", "amount": 3},
            ("3", "3.34", "0.02", "10.00"),
            id="surplus-tiyn-are-the-discount",
        ),
        pytest.param(
            {"cost_per_unit": 1000, "amount": 2, "discount": 10},
            ("2", "1000.00", "200.00", "1800.00"),
            id="total-from-price-and-percent",
        ),
        pytest.param(
            {"first_cost": 2000, "amount": 2, "discount": 10},
            ("2", "900.00", "0.00", "1800.00"),
            id="first-cost-is-of-the-whole-line",
        ),
        pytest.param({"manual_cost": 700}, ("1", "700.00", "0.00", "700.00"), id="hand-set-price-alone"),
        pytest.param(HAIRCUT | {"amount": 0}, ("1", "4000.00", "0.00", "4000.00"), id="no-quantity-is-one"),
        pytest.param(HAIRCUT | {"amount": "0.0005"}, ("1", "4000.00", "0.00", "4000.00"), id="finer-than-a-receipt-can-say"),
        pytest.param(HAIRCUT | {"cost": "0.005"}, ("1", "4000.00", "3999.99", "0.01"), id="half-a-tiyn-rounds-up"),
        pytest.param(
            HAIRCUT | {"cost_per_unit": -5}, ("1", "4000.00", "0.00", "4000.00"), id="a-negative-list-price-explains-nothing"
        ),
        pytest.param(
            HAIRCUT | {"amount": 1000, "cost": 4000000},
            ("1000", "4000.00", "0.00", "4000000.00"),
            id="many-without-exponent",
        ),
    ],
)
def test_a_service_line(line: dict[str, Any], built: tuple[str, str, str, str]) -> None:
    assert build_one(line) == built


@pytest.mark.parametrize(
    ("line", "built"),
    [
        pytest.param({"amount": -1, "price": 900, "cost": 900}, ("1", "900.00", "0.00", "900.00"), id="minus-means-sold"),
        pytest.param(
            {"amount": "-1.000000000", "price": 900, "cost": 900}, ("1", "900.00", "0.00", "900.00"), id="nine-decimals"
        ),
        pytest.param(
            {"amount": "-2.500000000", "price": 100, "cost": 250}, ("2.5", "100.00", "0.00", "250.00"), id="by-weight"
        ),
        pytest.param({"amount": 2, "price": 900, "cost": 1800}, ("2", "900.00", "0.00", "1800.00"), id="plus-is-the-same"),
        pytest.param({"amount": -2, "price": 900, "discount": 20}, ("2", "900.00", "360.00", "1440.00"), id="without-cost"),
        pytest.param(
            {"amount": -1, "cost_per_unit": 800, "price": 900},
            ("1", "800.00", "0.00", "800.00"),
            id="cost-per-unit-beats-price",
        ),
    ],
)
def test_a_goods_line(line: dict[str, Any], built: tuple[str, str, str, str]) -> None:
    assert build_one(line, goods=True) == built


@pytest.mark.parametrize(
    ("line", "code"),
    [
        pytest.param({"title": "Без цены"}, "no_price", id="no-field-tells-a-price"),
        pytest.param({"discount": 10, "amount": 2}, "no_price", id="a-percentage-of-nothing"),
        pytest.param({"cost": -1}, "negative_line", id="negative"),
        pytest.param({"cost_per_unit": 100, "discount": 101}, "negative_line", id="more-than-all-off"),
        pytest.param({"cost": 1_000_000_000}, "too_large", id="price-over-nine-digits"),
        pytest.param({"cost": 1, "amount": "4294967.296"}, "too_large", id="quantity"),
    ],
)
def test_a_line_that_cannot_be(line: dict[str, Any], code: str) -> None:
    with pytest.raises(CannotBuild) as caught:
        build(HAIRCUT, line)
    assert caught.value.code == code
    assert "services.1" in str(caught.value)


def test_free_lines_are_left_out() -> None:
    assert [line.total for line in build({"cost": 0}, HAIRCUT, {"cost": "0.004"})] == [4000]


def test_services_come_before_goods_and_are_told_apart() -> None:
    lines = build_record_lines(
        make_record(services=[HAIRCUT], goods_transactions=[{"title": "Маска", "amount": -1, "cost": 900}])
    )
    assert [(line.name, line.is_service) for line in lines] == [("Стрижка", True), ("Маска", False)]


def test_amounts_in_tiyn_are_hundredths() -> None:
    (line,) = build({"cost": 400050, "cost_per_unit": 500000, "amount": 1}, tiyn=True)
    assert (line.price, line.discount, line.total) == (Decimal(5000), Decimal("999.50"), Decimal("4000.50"))


@pytest.mark.parametrize(
    ("title", "name"),
    [
        pytest.param("  Стрижка \t и\n укладка ", "Стрижка и укладка", id="spaces-once"),
        pytest.param("a\x07b\u200bc", "a b c", id="control-and-invisible-signs"),
        pytest.param("Қырқу ✂", "Қырқу ✂", id="kazakh-and-signs-stay"),
        pytest.param("<b>Уход</b>", "<b>Уход</b>", id="markup-is-text"),
        pytest.param("", "Услуга", id="nameless"),
        pytest.param(None, "Услуга", id="null"),
        pytest.param(" \n ", "Услуга", id="only-spaces"),
        pytest.param("я" * 300, "я" * 128, id="cut"),
        pytest.param("я" * 127 + " конец", "я" * 127, id="no-space-at-the-cut"),
    ],
)
def test_names(title: str | None, name: str) -> None:
    assert build(HAIRCUT | {"title": title})[0].name == name


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ({"title": "Маска"}, "Маска"),
        ({"good": {"id": 1, "title": "Шампунь"}}, "Шампунь"),
        ({"title": "Маска", "good": {"title": "Шампунь"}}, "Маска"),
        ({"good": []}, "Товар"),
    ],
)
def test_names_of_goods(line: dict[str, Any], name: str) -> None:
    record = make_record(services=[], goods_transactions=[{"cost": 900, "amount": -1, **line}])
    assert build_record_lines(record)[0].name == name


def test_lines_of_a_sale_document() -> None:
    sold = [
        {"id": 1, "amount": -2, "cost_per_unit": 4400, "discount": 5, "cost": 8360, "good": {"title": "Маска"}},
        {"id": 2, "amount": -1, "cost": 0},
    ]
    lines = build_goods_lines([GoodsOperation.model_validate(fields) for fields in sold])
    assert [(x.name, x.is_service, x.count, x.price, x.discount, x.total) for x in lines] == [
        ("Маска", False, 2, 4400, 440, 8360)
    ]


def test_a_broken_line_of_a_sale_document_is_named_by_its_operation() -> None:
    with pytest.raises(CannotBuild, match=r"goods\.15"):
        build_goods_lines([GoodsOperation(id=15, amount=Decimal(-1))])


@pytest.mark.parametrize(
    ("total", "rate", "tax"),
    [
        pytest.param("500", 12, "53.57", id="vendors-example"),
        pytest.param("19000", 12, "2035.71", id="vendors-example-with-discount"),
        pytest.param("352", 12, "37.71", id="captured-refusal"),
        pytest.param("4000", 16, "551.72", id="since-2026"),
        pytest.param("0.01", 16, "0.00", id="too-little"),
        pytest.param("0.14", 12, "0.02", id="half-up"),
    ],
)
def test_tax_is_contained_in_the_price(total: str, rate: int, tax: str) -> None:
    assert str(contained_tax(Decimal(total), rate)) == tax


@pytest.mark.parametrize(
    ("rate", "taxes"), [(None, ["0.00", "0.00"]), (12, ["407.14", "96.43"]), (16, ["524.14", "124.14"])]
)
def test_each_line_is_taxed_on_what_is_left_after_its_discount(rate: int | None, taxes: list[str]) -> None:
    draft = make_draft(HAIRCUT | {"cost": 3800}, {"cost": 900}, vat=rate)
    assert [str(line.tax) for line in draft.lines] == taxes
    assert draft.tax == sum(Decimal(tax) for tax in taxes)


@pytest.mark.parametrize(
    ("regime", "moment", "rate"),
    [
        pytest.param("none", datetime(2026, 5, 1, tzinfo=UTC), None, id="pays-no-vat"),
        pytest.param("12", datetime(2026, 5, 1, tzinfo=UTC), 12, id="fixed-12"),
        pytest.param("16", datetime(2025, 5, 1, tzinfo=UTC), 16, id="fixed-16"),
        pytest.param("auto", datetime(2025, 12, 31, 18, 59, 59, tzinfo=UTC), 12, id="last-second-of-2025-in-almaty"),
        pytest.param("auto", datetime(2025, 12, 31, 19, 0, tzinfo=UTC), 16, id="first-second-of-2026-in-almaty"),
        pytest.param("auto", datetime(2024, 1, 1, tzinfo=UTC), 12, id="long-before"),
        pytest.param("auto", datetime(2030, 1, 1, tzinfo=UTC), 16, id="long-after"),
    ],
)
def test_vat_rate_by_the_salons_calendar(regime: str, moment: datetime, rate: int | None) -> None:
    (line,) = build({"cost": 4000})
    assert choose_vat_rates(VatRegime(regime), almaty_date(moment))(line) == rate


@pytest.mark.parametrize("paid", ["3999.99", "4000.01", "0"])
def test_payments_must_match_to_the_tiyn(paid: str) -> None:
    with pytest.raises(CannotBuild) as caught:
        build_draft(build(HAIRCUT), {PaymentKind.CASH: Decimal(paid)}, flat(None))
    assert caught.value.code == "sum_mismatch"


def test_nine_digits_are_the_most_a_receipt_holds() -> None:
    full = build({"cost": 999_999_999})
    assert build_draft(full, {PaymentKind.CARD: Decimal(999_999_999)}, flat(16)).total == 999_999_999
    with pytest.raises(CannotBuild) as caught:
        build_draft((*full, *build({"cost": 1})), {PaymentKind.CARD: Decimal(1_000_000_000)}, flat(16))
    assert caught.value.code == "too_large"


HALVES = [HAIRCUT, {"title": "Укладка", "amount": 1, "cost_per_unit": 2000, "cost": 2000}]


@pytest.mark.parametrize(
    ("changes", "due", "totals"),
    [
        pytest.param({}, 6000, ["4000.00", "2000.00"], id="what-they-cost"),
        pytest.param({}, 4500, ["3000.00", "1500.00"], id="the-rest-was-a-certificate"),
        pytest.param({}, "5999.99", ["3999.99", "2000.00"], id="one-tiyn-of-bonus"),
        pytest.param({"cost_to_pay": 1500}, 3000, ["1500.00", "1500.00"], id="what-is-left-to-pay"),
        pytest.param({"cost_to_pay": 1500}, 2000, ["1000.00", "1000.00"], id="less-than-is-left-to-pay"),
        pytest.param({"cost_to_pay": 1500}, 4500, ["3000.00", "1500.00"], id="more-than-is-left-to-pay"),
        pytest.param({"cost_to_pay": 0}, 6000, ["4000.00", "2000.00"], id="nothing-left-to-pay-once-paid"),
        pytest.param({"cost_to_pay": 0}, 4500, ["3000.00", "1500.00"], id="the-same-with-a-certificate"),
        pytest.param({}, 0, [], id="nothing"),
    ],
)
def test_lines_of_a_receipt_for_what_is_due(changes: dict[str, Any], due: Any, totals: list[str]) -> None:
    record = make_record(services=[line | changes for line in HALVES])
    lines = fit_record_lines(record, Decimal(due))
    assert [f"{line.total:f}" for line in lines] == totals
    assert all(line.price * line.count - line.discount == line.total for line in lines)


def test_more_is_due_than_the_lines_cost() -> None:
    with pytest.raises(CannotBuild) as caught:
        fit_record_lines(make_record(services=HALVES), Decimal("6000.01"))
    assert caught.value.code == "sum_mismatch"


@pytest.mark.parametrize(
    ("changes", "cost"),
    [
        pytest.param({}, (6000, 6000), id="one-word"),
        pytest.param({"cost_to_pay": 1500}, (3000, 6000), id="two-words"),
        pytest.param({"cost_to_pay": 0}, (0, 6000), id="nothing-left-to-pay"),
    ],
)
def test_both_words_on_what_a_visit_costs(changes: dict[str, Any], cost: tuple[int, int]) -> None:
    priced = price_record(make_record(services=[line | changes for line in HALVES]))
    assert (priced.asked, priced.full) == cost


@pytest.mark.parametrize("amount", ["0.01", "0.02", "0.03", "1.99", "333.33", "9999.99"])
def test_what_is_taken_off_is_taken_off_to_the_tiyn(amount: str) -> None:
    lines = build(*({"title": str(cost), "cost": cost} for cost in ("0.01", "0.02", "333.33", "9666.64")))
    reduced = take_off(lines, Decimal(amount))
    assert sum(line.total for line in reduced) == Decimal("10000.00") - Decimal(amount)
    assert all(line.price * line.count - line.discount == line.total > 0 for line in reduced)


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({}, (None, None, ())),
        ({"barcode": "4006381333931", "ntin": "0123456789012"}, ("4006381333931", "0123456789012", ())),
        ({"barcode": "ART-17"}, (None, None, ())),
        ({"barcode": 4006381333931}, ("4006381333931", None, ())),
        ({"marking_code": "010460;x"}, (None, None, ("010460;x",))),
        ({"amount": -2, "marking_codes": ["a", "b"]}, (None, None, ("a", "b"))),
        ({"amount": -2, "marking_codes": ["a"]}, (None, None, ())),
    ],
)
def test_codes_of_goods(fields: dict[str, Any], codes: tuple[Any, ...]) -> None:
    record = make_record(services=[], goods_transactions=[{"title": "Крем", "amount": -1, "cost": 900, **fields}])
    (line,) = build_record_lines(record)
    assert (line.barcode, line.national_code, line.marks) == codes
