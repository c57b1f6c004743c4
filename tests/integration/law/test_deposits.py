"""Rows: deposit topped up; visit paid from a deposit. The moment of the receipt is the salon's choice."""

import pytest

from tests.support.payloads import T2
from tests.support.salon import Salon, came, paid, topped_up, used

ASKED = [pytest.param(None, id="cost_to_pay-stays"), pytest.param("lowered", id="cost_to_pay-falls")]
SPENT = {"type_id": 11}


def asked(cost: int, spent: int, how: str | None) -> int | None:
    return cost - spent if how else None


class TestToppedUp:
    def test_by_hand_is_an_open_item(self, salon: Salon) -> None:
        salon.tell(topped_up(1, 20000))
        assert salon.issued == {}
        assert "20000.00 ₸" in salon.asked["deposit"]

    def test_by_hand_also_where_no_document_is_named(self, telling: Salon) -> None:
        telling.tell(topped_up(1, 20000, document_id=0))
        assert "20000.00 ₸" in telling.asked["deposit"]

    def test_told_again_or_taken_back_it_is_one_item_or_none(self, salon: Salon) -> None:
        salon.tell(topped_up(1, 20000))
        salon.tell(topped_up(1, 20000, status="update", changed=T2))
        assert [row.state for row in salon.bridge.rows()] == ["ignored", "dead_lettered"]
        salon.tell(topped_up(1, 20000, status="delete", changed="2026-03-02T12:00:09+0500"))
        assert salon.asked == {}

    def test_told_and_read_it_is_one_item(self, telling: Salon) -> None:
        """The same word once more, as a look at Altegio's list stores it before the webhook is decided."""
        top_up = topped_up(1, 20000)
        telling.bridge.accept(top_up)
        telling.bridge.accept({**top_up, "status": "update"})
        telling.work()
        assert [row.state for row in telling.bridge.rows()] == ["ignored", "dead_lettered"]
        telling.bridge.execute("UPDATE webhook_records SET state = 'received' WHERE id = 1")
        telling.work()
        assert [row.state for row in telling.bridge.rows()] == ["ignored", "dead_lettered"]

    def test_a_receipt_at_the_top_up(self, salon: Salon) -> None:
        salon.choose(deposits="at_top_up")
        salon.tell(topped_up(1, 20000))
        (receipt,) = salon.sales
        assert salon.issued == {"altegio_deposit_6001": {"cash": 20000}}
        (line,) = receipt["request"]["Positions"]
        assert (line["PositionName"], line["PositionType"]) == ("Предоплата", 2)
        assert salon.asked == {}

    def test_money_before_the_service_is_no_turnover_of_vat(self, telling: Salon) -> None:
        telling.choose(deposits="at_top_up", webkassa_vat="auto")
        telling.tell(topped_up(1, 20000), paid(2, 9500, changed=T2), came(9500))
        taxes = [receipt["request"]["Positions"][0]["TaxPercent"] for receipt in telling.sales]
        assert taxes == [None, 16]

    def test_a_receipt_at_the_top_up_is_doubted_like_any(self, salon: Salon) -> None:
        salon.choose(deposits="at_top_up")
        salon.tell(topped_up(1, 20000))
        salon.tell(topped_up(1, 20000, status="delete", changed=T2))
        assert list(salon.returns_due) == ["altegio_deposit_6001"]

    def test_without_a_document_a_receipt_at_the_top_up_is_made_by_hand(self, telling: Salon) -> None:
        telling.choose(deposits="at_top_up")
        telling.tell(topped_up(1, 20000, document_id=0))
        assert telling.issued == {}
        assert "20000.00 ₸" in telling.asked["deposit"]

    def test_at_spending_the_top_up_has_none(self, salon: Salon) -> None:
        salon.choose(deposits="at_spending")
        salon.tell(topped_up(1, 20000))
        assert (salon.issued, salon.asked) == ({}, {})

    @pytest.mark.parametrize("deposits", ["by_hand", "at_top_up", "at_spending"])
    def test_put_on_a_bank_account_it_needs_none(self, telling: Salon, deposits: str) -> None:
        telling.choose(deposits=deposits, payment_kinds="Расчётный счёт=none")
        telling.tell(topped_up(1, 20000, cash=False, till="Расчетный счет"))
        assert (telling.issued, telling.asked) == ({}, {})


@pytest.mark.parametrize("how", ASKED)
class TestSpent:
    def test_all_of_it_with_a_receipt_at_the_top_up(self, asking: Salon, how: str | None) -> None:
        asking.choose(deposits="at_top_up")
        asking.know(used(7, 9500, **SPENT))
        asking.tell(came(9500, asked=asked(9500, 9500, how)))
        assert (asking.issued, asking.asked) == ({}, {})
        assert "9500.00 ₸ from the client's deposit" in asking.bridge.row().reason

    def test_a_part_with_a_receipt_at_the_top_up(self, asking: Salon, how: str | None) -> None:
        asking.choose(deposits="at_top_up")
        asking.know(used(7, 5000, **SPENT))
        asking.tell(paid(1, 4500, cash=False), came(9500, asked=asked(9500, 5000, how)))
        assert asking.issued == {"altegio_1001": {"card": 4500}}

    @pytest.mark.parametrize("spent", [5000, 9500])
    def test_at_spending_it_is_paid_like_the_top_up(self, asking: Salon, how: str | None, spent: int) -> None:
        asking.choose(deposits="at_spending")
        asking.tell(topped_up(1, 20000))
        asking.know(used(7, spent, **SPENT))
        rest = [paid(2, 9500 - spent, cash=False)] if spent < 9500 else []
        asking.tell(*rest, came(9500, asked=asked(9500, spent, how)))
        kinds = {"cash": spent, **({"card": 9500 - spent} if rest else {})}
        assert asking.issued == {"altegio_1001": kinds}
        asking.tell(came(9500, asked=asked(9500, spent, how), changed=T2))
        assert (asking.returns_due, asking.asked) == ({}, {})

    def test_at_spending_and_nobody_knows_how_it_was_topped_up(self, asking: Salon, how: str | None) -> None:
        asking.choose(deposits="at_spending")
        asking.know(used(7, 9500, **SPENT))
        asking.tell(came(9500, asked=asked(9500, 9500, how)))
        assert asking.issued == {}
        assert "9500.00 ₸ from the client's deposit" in asking.asked["deposit"]

    def test_by_hand_all_of_it_waits_for_staff(self, asking: Salon, how: str | None) -> None:
        asking.know(used(7, 9500, **SPENT))
        asking.tell(came(9500, asked=asked(9500, 9500, how)))
        assert asking.issued == {}
        assert "9500.00 ₸ from the client's deposit" in asking.asked["awaiting"]
        assert asking.bridge.scalar("SELECT total FROM visits") == 9500

    def test_by_hand_the_rest_has_its_receipt(self, asking: Salon, how: str | None) -> None:
        asking.know(used(7, 5000, **SPENT))
        asking.tell(paid(1, 4500, cash=False), came(9500, asked=asked(9500, 5000, how)))
        assert asking.issued == {"altegio_1001": {"card": 4500}}
        assert asking.bridge.scalar("SELECT amount FROM loyalty_records WHERE means = 'deposit'") == 5000


class TestWebhooksAlone:
    def test_lowered_the_rest_has_its_receipt_and_the_top_up_is_an_open_item(self, telling: Salon) -> None:
        telling.tell(topped_up(1, 20000, document_id=0), paid(2, 4500, cash=False), came(9500, asked=4500))
        assert telling.issued == {"altegio_1001": {"card": 4500}}
        assert "20000.00 ₸" in telling.asked["deposit"]

    def test_not_lowered_a_person_is_asked_about_the_rest(self, telling: Salon) -> None:
        telling.tell(topped_up(1, 20000, document_id=0), paid(2, 4500, cash=False), came(9500))
        assert telling.issued == {}
        assert "4500.00 ₸" in telling.asked["sum_mismatch"]

    def test_lowered_to_nothing_staff_decides(self, telling: Salon) -> None:
        telling.tell(came(9500, asked=0))
        assert telling.issued == {}
        assert "deposit" in telling.asked["awaiting"]


def test_money_from_a_till_that_stands_for_deposits_is_no_new_money(salon: Salon) -> None:
    salon.choose(deposits="at_top_up")
    salon.tell(paid(1, 5000, till="Deposits (payment in cash)"), paid(2, 4500, cash=False), came(9500))
    assert salon.issued == {"altegio_1001": {"card": 4500}}
