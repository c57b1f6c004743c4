"""Lines of sale documents, of prepayments, and of visits whose two words on the cost differ."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from shared.altegio import GoodsOperation
from shared.fiscal.vat_rates import NoRate
from tests.unit.material import flat, make_record
from worker.receipt.lines import (
    CannotBuild,
    Line,
    build_draft,
    build_goods_lines,
    build_prepaid_lines,
    build_sold_lines,
    fit_lines,
    fit_record_lines,
    take_off,
)
from worker.receipt.vat import VatRegime, choose_vat_rates

GTIN, OTHER_GTIN, NTIN = "4006381333931", "4820024700016", "0200000000017"
# Both cost 500 more than is left to pay of them.
LOWERED: dict[str, Any] = {
    "services": [{"title": "Стрижка", "cost": 4000, "cost_to_pay": 3500}],
    "goods_transactions": [{"title": "Крем", "cost": 1000, "cost_to_pay": 500, "amount": -1}],
}


def operation(**fields: Any) -> GoodsOperation:
    return GoodsOperation.model_validate({"id": 5, "amount": -2, "cost": 900, **fields})


def line_of(**fields: Any) -> Line:
    (line,) = build_goods_lines([operation(**fields)])
    return line


def totals(lines: tuple[Line, ...]) -> list[Decimal]:
    return [line.total for line in lines]


class TestSaleDocuments:
    def test_an_operation_keeps_all_that_identifies_its_goods(self) -> None:
        good = {"id": 77, "title": "Крем", "barcode": OTHER_GTIN}
        line = line_of(good=good, cost_per_unit=500, barcode=GTIN, ntin=NTIN)
        expected = Line("Крем", False, Decimal(2), Decimal(500), Decimal(100), Decimal(900), item_id=77)
        assert line == replace(expected, barcode=GTIN, national_code=NTIN)

    @pytest.mark.parametrize("codes", [["a"], ["a", "b"]])
    def test_its_marked_pieces_keep_their_codes(self, codes: list[str]) -> None:
        assert line_of(amount=-len(codes), marking_codes=codes).marks == tuple(codes)

    def test_the_operation_s_barcode_comes_before_the_product_s(self) -> None:
        assert line_of(good={"title": "Крем", "barcode": GTIN}).barcode == GTIN
        assert line_of().barcode is None

    def test_a_discount_is_taken_where_only_prices_are_told(self) -> None:
        assert line_of(cost=None, cost_per_unit=500, discount=10).total == Decimal(900)

    def test_without_a_product_it_has_a_name_still(self) -> None:
        assert line_of().name == "Товар"

    def test_sums_may_be_in_hundredths(self) -> None:
        assert totals(build_goods_lines([operation(cost=90000)], amounts_in_tiyn=True)) == [Decimal(900)]

    @pytest.mark.parametrize("what", ["loyalty_certificate_id", "loyalty_abonement_id"])
    def test_a_certificate_is_a_service_where_the_salon_does_not_say_otherwise(self, what: str) -> None:
        sold = [operation(**{what: 9}), operation(id=6)]
        assert [(one.is_certificate, one.is_service) for one in build_goods_lines(sold)] == [(True, True), (False, False)]
        as_goods = build_goods_lines(sold, certificates_as_services=False)
        assert [(one.is_certificate, one.is_service) for one in as_goods] == [(True, False), (False, False)]


class TestTwoWordsOnTheCost:
    def test_what_was_sold_is_the_full_cost(self) -> None:
        assert totals(build_sold_lines(make_record(**LOWERED))) == [Decimal(4000), Decimal(1000)]
        assert totals(build_sold_lines(make_record(**LOWERED), amounts_in_tiyn=True)) == [Decimal(40), Decimal(10)]

    @pytest.mark.parametrize(
        ("due", "expected"),
        [(4000, [3500, 500]), (5000, [4000, 1000]), (4500, [3600, 900]), (2000, [1750, 250])],
    )
    def test_a_receipt_has_the_lines_that_come_nearest_to_what_is_due(self, due: int, expected: list[int]) -> None:
        assert totals(fit_record_lines(make_record(**LOWERED), Decimal(due))) == expected

    def test_in_hundredths_as_well(self) -> None:
        assert totals(fit_record_lines(make_record(**LOWERED), Decimal(50), amounts_in_tiyn=True)) == [40, 10]

    def test_more_than_either_is_told_with_what_is_left_to_pay(self) -> None:
        with pytest.raises(CannotBuild, match=r"^lines add up to 4000\.00 ₸, 6000 ₸ are due$") as caught:
            fit_record_lines(make_record(**LOWERED), Decimal(6000))
        assert caught.value.code == "sum_mismatch"

    def test_where_the_full_cost_is_broken_what_is_left_to_pay_counts(self) -> None:
        record = make_record(services=[{"title": "Стрижка", "cost": -1, "cost_to_pay": 3500}])
        assert totals(build_sold_lines(record)) == [Decimal(3500)]


def test_lines_that_fit_stay_as_they_are_free_ones_too() -> None:
    free = Line("Подарок", True, Decimal(1), Decimal(0), Decimal(0), Decimal(0))
    paid = Line("Стрижка", True, Decimal(1), Decimal(4000), Decimal(0), Decimal(4000))
    assert fit_lines([free, paid], Decimal(4000)) == (free, paid)
    assert take_off([paid, free], Decimal(500)) == (replace(paid, discount=Decimal(500), total=Decimal(3500)),)


class TestPrepayments:
    VAT = VatRegime("auto", {"service:2": "medical"})
    VISIT = make_record(
        services=[
            {"id": 1, "title": "Стрижка", "cost": 6000},
            {"id": 2, "title": "Приём врача", "cost": 3000},
            {"id": 3, "title": "Укладка", "cost": 1000},
        ]
    )

    def test_one_line_for_each_rate_in_the_visit_s_shares(self) -> None:
        lines = build_prepaid_lines(self.VISIT, Decimal(1000), choose_vat_rates(self.VAT, date(2026, 3, 2)))
        assert [(one.name, one.total, one.price, rate) for one, rate in lines.items()] == [
            ("Предоплата: Стрижка, Укладка", Decimal(700), Decimal(700), 16),
            ("Предоплата: Приём врача", Decimal(300), Decimal(300), 5),
        ]
        assert {(one.is_service, one.count, one.discount) for one in lines} == {(True, Decimal(1), Decimal(0))}

    def test_in_hundredths(self) -> None:
        (line,) = build_prepaid_lines(self.VISIT, Decimal(100), flat(None), amounts_in_tiyn=True)
        assert line.total == Decimal(100)
        with pytest.raises(CannotBuild):
            build_prepaid_lines(self.VISIT, Decimal(1000), flat(None), amounts_in_tiyn=True)

    def test_a_long_name_is_cut_and_ends_with_a_letter(self) -> None:
        record = make_record(services=[{"title": "я" * 115, "cost": 10}, {"title": "Стрижка", "cost": 10}])
        (line,) = build_prepaid_lines(record, Decimal(10), flat(None))
        assert line.name == f"Предоплата: {'я' * 115},"

    def test_a_rate_that_is_not_known_needs_a_person(self) -> None:
        def refuse(line: Line) -> int | None:
            raise NoRate(f"no rate for {line.name}")

        with pytest.raises(CannotBuild, match=r"^no rate for Стрижка$") as caught:
            build_prepaid_lines(self.VISIT, Decimal(1000), refuse)
        assert caught.value.code == "no_vat_rate"
        with pytest.raises(CannotBuild, match=r"^no rate for Стрижка$") as caught:
            build_draft(build_sold_lines(self.VISIT), {}, refuse)
        assert caught.value.code == "no_vat_rate"
