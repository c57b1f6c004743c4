"""Rows: certificate or membership sold; service or goods sold without a visit; goods on wages."""

from typing import Any

import pytest

from tests.support.payloads import T2
from tests.support.salon import Salon, paid, paid_for, sold_line

CERTIFICATES = [
    pytest.param("loyalty_certificate", {"loyalty_certificate_id": 3301, "loyalty_abonement_id": 0}, id="certificate"),
    pytest.param("loyalty_abonement", {"loyalty_certificate_id": 0, "loyalty_abonement_id": 3301}, id="membership"),
]
SERVICE = {"sold_as": "service"}


@pytest.mark.parametrize(("sold", "ids"), CERTIFICATES)
class TestCertificates:
    @pytest.mark.parametrize("payment_first", [True, False])
    def test_the_receipt_says_the_real_kind(self, salon: Salon, sold: str, ids: dict[str, int], payment_first: bool) -> None:
        salon.choose(payment_wait_seconds=20)
        told = [sold_line(1, 20000, "Сертификат 20 000", **ids), paid_for(1, 20000, sold)]
        salon.tell_patiently(*(reversed(told) if payment_first else told))
        salon.let_waits_end()
        assert salon.issued == {"altegio_goods_5001": {"cash": 20000}}
        (receipt,) = salon.sales
        assert [line["PositionType"] for line in receipt["request"]["Positions"]] == [2]

    def test_a_salon_may_call_them_goods(self, salon: Salon, sold: str, ids: dict[str, int]) -> None:
        salon.choose(certificates_as="goods")
        salon.tell(paid_for(1, 20000, sold, cash=False), sold_line(1, 20000, "Сертификат 20 000", **ids))
        (receipt,) = salon.sales
        assert [line["PositionType"] for line in receipt["request"]["Positions"]] == [0]

    def test_found_again_when_its_webhook_was_lost(self, asking: Salon, sold: str, ids: dict[str, int]) -> None:
        asking.know(sold_line(1, 20000, "Сертификат 20 000", **ids))
        asking.tell(paid_for(1, 20000, sold, cash=False))
        assert asking.issued == {"altegio_goods_5001": {"card": 20000}}
        (receipt,) = asking.sales
        assert [line["PositionType"] for line in receipt["request"]["Positions"]] == [2]

    def test_by_webhooks_alone_a_person_is_told_until_what_was_sold_turns_up(
        self, telling: Salon, sold: str, ids: dict[str, int]
    ) -> None:
        telling.tell(paid_for(1, 20000, sold))
        assert telling.issued == {}
        assert "20000.00 ₸" in telling.asked["money_without_lines"]
        telling.tell(sold_line(1, 20000, "Сертификат 20 000", **ids))
        assert telling.issued == {"altegio_goods_5001": {"cash": 20000}}
        assert telling.asked == {}


class TestServices:
    def test_read_from_the_document(self, asking: Salon) -> None:
        asking.know(sold_line(1, 3500, "Укладка", **SERVICE))
        asking.tell(paid_for(1, 3500, "service"))
        assert asking.issued == {"altegio_goods_5001": {"cash": 3500}}
        (receipt,) = asking.sales
        (line,) = receipt["request"]["Positions"]
        assert (line["PositionName"], line["PositionType"]) == ("Укладка", 2)

    def test_together_with_goods(self, asking: Salon) -> None:
        asking.know(sold_line(1, 3500, "Укладка", **SERVICE))
        asking.tell(paid_for(1, 3500, "service"), paid_for(2, 1000, "goods_transaction", cash=False), sold_line(2, 1000))
        assert asking.issued == {"altegio_goods_5001": {"cash": 3500, "card": 1000}}

    def test_by_webhooks_alone_a_person_is_told(self, telling: Salon) -> None:
        telling.tell(paid_for(1, 3500, "service"))
        assert telling.issued == {}
        assert "3500.00 ₸" in telling.asked["money_without_lines"]
        telling.tell(paid_for(1, 3500, "service", status="delete", changed=T2))
        assert telling.asked == {}

    def test_altegio_knows_no_such_document(self, asking: Salon) -> None:
        asking.tell(paid_for(1, 3500, "service"))
        assert asking.issued == {}
        assert "3500.00 ₸" in asking.asked["money_without_lines"]

    def test_the_document_is_a_visits(self, asking: Salon) -> None:
        """Its receipt is the visit's: two for one document would be one too many."""
        asking.know(sold_line(1, 3500, "Укладка", record_id=1001, **SERVICE))
        asking.tell(paid_for(1, 3500, "service"))
        assert asking.issued == {}
        assert "visit 1001" in asking.asked["money_without_lines"]


class TestGoods:
    def test_by_webhooks_alone_a_person_is_told_of_goods_that_nobody_named(self, telling: Salon) -> None:
        telling.tell(paid_for(1, 900, "goods_transaction"))
        assert "900.00 ₸" in telling.asked["money_without_lines"]

    def test_on_wages_there_is_no_money(self, asking: Salon) -> None:
        asking.tell(sold_line(1, 900))
        assert asking.issued == {}
        assert "900.00 ₸" in asking.asked["no_money"]

    def test_on_wages_by_webhooks_alone_where_payments_are_told(self, telling: Salon) -> None:
        """None would be right; a person at most. The payment that comes after all is receipted."""
        telling.tell(paid(1, 4000, record_id=77))
        telling.tell(sold_line(1, 900))
        assert telling.issued == {}
        assert "900.00 ₸" in telling.asked["no_money"]
        telling.tell(paid_for(2, 900, "goods_transaction"))
        assert telling.issued == {"altegio_goods_5001": {"cash": 900}}

    def test_where_no_payment_was_ever_told_the_default_stands_in(self, telling: Salon) -> None:
        telling.tell(sold_line(1, 900))
        assert telling.issued == {"altegio_goods_5001": {"card": 900}}


def test_several_receipts_never_share_a_number(asking: Salon) -> None:
    """A record, a document of goods and one of a top-up may have the same id."""
    numbers: set[Any] = set()
    asking.choose(deposits="at_top_up")
    asking.know(sold_line(1, 3500, "Укладка", document_id=1001, **SERVICE))
    asking.tell(paid_for(1, 3500, "service", document_id=1001))
    numbers |= set(asking.issued)
    assert numbers == {"altegio_goods_1001"}
