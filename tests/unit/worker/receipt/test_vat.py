"""The rate of each line: by the salon's regime, what it says of the line, and the day of the service."""

from datetime import date
from decimal import Decimal

import pytest

from shared.altegio import GoodsOperation
from shared.fiscal.statuses import PaymentKind
from shared.fiscal.vat_rates import NoRate, parse_vat_lines
from tests.unit.material import make_record
from worker.receipt.lines import CannotBuild, Line, build_draft, build_goods_lines, build_record_lines
from worker.receipt.request import to_sale_request
from worker.receipt.vat import VatRegime, choose_vat_rates

OLD_YEAR, NEW_YEAR = date(2026, 12, 31), date(2027, 1, 1)
SALON = {
    "services": [
        {"id": 8101, "title": "Ботокс, 1 зона", "cost": 21000},
        {"id": 8102, "title": "Маникюр", "cost": 11600},
        {"id": 8103, "title": "Пилинг", "cost": 21000},
    ],
    "goods_transactions": [
        {"id": 1, "good_id": 22001, "title": "Журнал мод", "cost": 1100, "amount": -1},
        {"id": 8101, "good_id": 22002, "title": "Крем", "cost": 1160, "amount": -1},
    ],
}
CLINIC = VatRegime("auto", parse_vat_lines("ботокс=medical, service:8103=medical, good:22001=periodicals"))


def lines() -> tuple[Line, ...]:
    return build_record_lines(make_record(**SALON))


def rates(vat: VatRegime, day: date) -> list[int | None]:
    return [choose_vat_rates(vat, day)(line) for line in lines()]


@pytest.mark.parametrize(("day", "medical"), [(OLD_YEAR, 5), (NEW_YEAR, 10)])
def test_a_clinic_of_two_rates_and_more(day: date, medical: int) -> None:
    assert rates(CLINIC, day) == [medical, 16, medical, 10, 16]


@pytest.mark.parametrize("regime", ["none", "16", "auto"])
def test_one_rate_for_all_where_nothing_else_is_said(regime: str) -> None:
    assert set(rates(VatRegime(regime), OLD_YEAR)) == {None if regime == "none" else 16}


def test_who_pays_no_vat_pays_none_on_any_line() -> None:
    assert set(rates(VatRegime("none", CLINIC.lines), OLD_YEAR)) == {None}


def test_what_is_said_last_of_a_line_is_its_id_before_its_title_before_its_kind() -> None:
    said = parse_vat_lines("services=medical, маникюр=standard, goods=none, good:22002=7, service:8103=20")
    assert rates(VatRegime("auto", said), OLD_YEAR) == [5, 16, 20, None, 7]


def test_ids_of_services_and_goods_are_apart() -> None:
    """The product's line has the transaction 8101, the service the id 8101."""
    assert rates(VatRegime("auto", {"service:8101": "5", "good:8101": "6", "good:22002": "7"}), OLD_YEAR) == [
        5,
        16,
        16,
        16,
        7,
    ]


def test_goods_of_a_sale_document_are_known_by_the_product() -> None:
    sold = GoodsOperation.model_validate({"id": 5, "good": {"id": 22001, "title": "x"}, "amount": -1, "cost": 110})
    (line,) = build_goods_lines([sold])
    assert choose_vat_rates(CLINIC, OLD_YEAR)(line) == 10


def test_each_line_has_its_own_rate_and_tax_in_the_request() -> None:
    """21000 × 5 / 105 = 1000; 11600 × 16 / 116 = 1600; 1100 × 10 / 110 = 100; 1160 × 16 / 116 = 160."""
    draft = build_draft(lines(), {PaymentKind.CARD: Decimal(55860)}, choose_vat_rates(CLINIC, OLD_YEAR))
    request = to_sale_request(draft, "SWK00067890", "altegio_1", "altegio_1")
    told = [(row["TaxType"], row["TaxPercent"], row["Tax"]) for row in request["Positions"]]
    assert told == [(100, 5, 1000), (100, 16, 1600), (100, 5, 1000), (100, 10, 100), (100, 16, 160)]
    assert draft.tax == 3860


def test_a_line_without_tax_beside_taxed_ones() -> None:
    draft = build_draft(
        lines(), {PaymentKind.CARD: Decimal(55860)}, choose_vat_rates(VatRegime("auto", {"ботокс": "none"}), OLD_YEAR)
    )
    first, second, *_ = to_sale_request(draft, "SWK00067890", "altegio_1", "altegio_1")["Positions"]
    assert (first["TaxType"], first["TaxPercent"], first["Tax"]) == (0, None, 0)
    assert (second["TaxType"], second["TaxPercent"], second["Tax"]) == (100, 16, 1600)


def test_a_day_without_a_known_rate_needs_a_person() -> None:
    with pytest.raises(CannotBuild, match="2025-12-31") as caught:
        build_draft(lines(), {PaymentKind.CARD: Decimal(55860)}, choose_vat_rates(CLINIC, date(2025, 12, 31)))
    assert caught.value.code == "no_vat_rate"


class TestIdsThatWereNotTold:
    SAID = VatRegime("auto", {"service:8101": "medical", "good:22001": "periodicals", "пилинг": "medical"})

    def line(self, name: str, *, is_service: bool = True, is_certificate: bool = False) -> Line:
        one, paid = Decimal(1), Decimal(4000)
        return Line(name, is_service, one, paid, Decimal(0), paid, is_certificate=is_certificate)

    @pytest.mark.parametrize("is_service", [True, False])
    def test_where_one_could_decide_a_person_is_needed(self, is_service: bool) -> None:
        with pytest.raises(NoRate) as caught:
            choose_vat_rates(self.SAID, OLD_YEAR)(self.line("Ботокс", is_service=is_service))
        assert str(caught.value) == "Altegio did not tell the id of 'Ботокс', 4000 ₸, and ids decide the VAT rate"

    def test_where_all_of_them_say_the_same_it_does_not_matter(self) -> None:
        assert choose_vat_rates(self.SAID, OLD_YEAR)(self.line("Пилинг")) == 5

    def test_ids_of_goods_decide_nothing_of_services(self) -> None:
        assert choose_vat_rates(VatRegime("auto", {"good:22001": "periodicals"}), OLD_YEAR)(self.line("Ботокс")) == 16

    @pytest.mark.parametrize("is_service", [True, False])
    def test_a_certificate_has_none(self, is_service: bool) -> None:
        """It is neither a service nor goods, whose ids are spoken of."""
        line = self.line("Сертификат", is_service=is_service, is_certificate=True)
        assert choose_vat_rates(self.SAID, OLD_YEAR)(line) == 16
