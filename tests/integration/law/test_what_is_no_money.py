"""Rows: visit paid by certificate or membership; bonus spent, bonus accrued beside it; the list of loyalty transactions."""

from decimal import Decimal
from typing import Any

import pytest

from tests.support.payloads import T2
from tests.support.salon import DOCUMENT, Salon, came, paid, sold_line, used

CERTIFICATE = {"type_id": 8, "loyalty_certificate_id": 339}
MEMBERSHIP = {"type_id": 9, "loyalty_abonement_id": 27}
ASKED = [pytest.param(False, id="cost_to_pay-stays"), pytest.param(True, id="cost_to_pay-falls")]


@pytest.mark.parametrize("falls", ASKED)
@pytest.mark.parametrize(("means", "words"), [(CERTIFICATE, "by certificate"), (MEMBERSHIP, "by membership")])
class TestCertificatesAndMemberships:
    def test_all_of_a_visit_needs_no_receipt(self, asking: Salon, means: dict[str, Any], words: str, falls: bool) -> None:
        asking.know(used(7, 9500, **means))
        asking.tell(came(9500, asked=0 if falls else 9500))
        assert (asking.issued, asking.asked) == ({}, {})
        assert f"9500.00 ₸ {words}" in asking.bridge.row().reason

    def test_the_rest_is_receipted_by_its_kinds(self, asking: Salon, means: dict[str, Any], words: str, falls: bool) -> None:
        asking.know(used(7, 5000, **means))
        asking.tell(paid(1, 1500), paid(2, 3000, cash=False), came(9500, asked=4500 if falls else 9500))
        assert asking.issued == {"altegio_1001": {"cash": 1500, "card": 3000}}
        (receipt,) = asking.sales
        assert [(line["price"], line["sum"]) for line in receipt["positions"]] == [("9500.00", "4500.00")]
        asking.tell(came(9500, asked=4500 if falls else 9500, changed=T2))
        assert (asking.returns_due, asking.asked) == ({}, {})


def test_without_a_document_visit_details_tell_of_it(asking: Salon) -> None:
    asking.know(used(7, 9500, **CERTIFICATE))
    asking.tell(came(9500, documents=[]))
    assert (asking.issued, asking.asked) == ({}, {})


def test_a_write_off_may_stand_before_the_document_of_the_visit(asking: Salon) -> None:
    asking.know(used(7, 4500, **CERTIFICATE))
    documents = [{"id": 4999, "type_id": 8}, {"id": str(DOCUMENT), "type_id": "7"}]
    asking.tell(paid(1, 5000, cash=False), came(9500, documents=documents))
    assert asking.issued == {"altegio_1001": {"card": 5000}}


class TestBonuses:
    @pytest.mark.parametrize("falls", ASKED)
    def test_spent_they_are_a_discount_and_accrued_beside_it_nothing(self, asking: Salon, falls: bool) -> None:
        asking.know(
            used(1, 4500, is_discount=False, is_loyalty_withdraw=True, status_id=1),
            used(2, 250, is_discount=False, is_loyalty_withdraw=False, status_id=1),
        )
        asking.tell(paid(1, 5000, cash=False), came(9500, asked=5000 if falls else 9500))
        assert asking.issued == {"altegio_1001": {"card": 5000}}
        (receipt,) = asking.sales
        assert [line["price"] for line in receipt["positions"]] == ["9500.00"]

    def test_accrued_after_all_was_paid(self, asking: Salon) -> None:
        asking.know(used(1, "0.50", type_id=2, is_discount=False, is_loyalty_withdraw=False))
        asking.tell(paid(1, 9500), came(9500))
        assert asking.issued == {"altegio_1001": {"cash": 9500}}

    def test_spent_for_goods_over_the_counter(self, asking: Salon) -> None:
        asking.know(used(1, 100, record_id=0, type_id=3), paid(1, 900, record_id=0, visit_id=0, sold_item_type="good"))
        asking.tell(sold_line(1, 1000))
        assert asking.issued == {"altegio_goods_5001": {"cash": 900}}


# 1 promotion, 2 accrual, 3 card, 4 referral accrual, 5 top-up, 6 by hand, 7 expiry, 8 gift card, 9 membership, 10 membership
# counted anew, 11 client's account.
@pytest.mark.parametrize("type_id", [3, 8, 9, 11])
def test_types_that_pay(asking: Salon, type_id: int) -> None:
    asking.know(used(7, 4500, type={"id": type_id, "title": "?"}))
    asking.tell(paid(1, 5000), came(9500))
    assert asking.issued == {"altegio_1001": {"cash": 5000}}


@pytest.mark.parametrize(
    "loyalty",
    [
        *(pytest.param({"type_id": number}, id=f"type-{number}") for number in (1, 2, 4, 5, 7)),
        pytest.param({"type_id": 2, "is_loyalty_withdraw": True}, id="the-type-before-the-flag"),
        pytest.param({"is_loyalty_withdraw": False}, id="no-type-and-no-withdrawal"),
        pytest.param({"is_discount": True}, id="a-discount"),
        pytest.param({**CERTIFICATE, "status_id": 3}, id="cancelled"),
        pytest.param({"type_id": 6}, id="by-hand-is-unclear"),
        pytest.param({"type_id": 10}, id="a-membership-counted-anew-is-unclear"),
    ],
)
def test_what_pays_nothing_or_is_unclear_leaves_the_rest_to_a_person(asking: Salon, loyalty: dict[str, Any]) -> None:
    asking.know(used(7, 4500, **loyalty))
    asking.tell(paid(1, 5000), came(9500))
    assert asking.issued == {}
    assert "5000.00 ₸" in asking.asked["sum_mismatch"]


def test_what_is_unclear_is_told(asking: Salon) -> None:
    asking.know(used(7, 4500, type_id=10))
    asking.tell(paid(1, 5000), came(9500))
    assert "4500.00 ₸ of loyalty" in asking.asked["sum_mismatch"]


def test_what_is_unclear_does_not_doubt_what_money_paid(asking: Salon) -> None:
    asking.know(used(7, 4500, type_id=10))
    asking.tell(paid(1, 9500), came(9500))
    assert asking.issued == {"altegio_1001": {"cash": Decimal(9500)}}


class TestWebhooksAlone:
    def test_lowered_the_rest_is_receipted(self, telling: Salon) -> None:
        telling.tell(paid(1, 4500), came(9500, asked=4500))
        assert telling.issued == {"altegio_1001": {"cash": 4500}}

    def test_not_lowered_a_person_is_asked(self, telling: Salon) -> None:
        telling.tell(paid(1, 4500), came(9500))
        assert telling.issued == {}
        assert "certificate" in telling.asked["sum_mismatch"]
        telling.tell(paid(2, 5000, cash=False))
        assert telling.issued == {"altegio_1001": {"cash": 4500, "card": 5000}}

    def test_lowered_to_nothing_staff_decides(self, telling: Salon) -> None:
        telling.tell(came(9500, asked=0))
        assert telling.issued == {}
        assert "certificate" in telling.asked["awaiting"]
