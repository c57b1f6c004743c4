"""Rows: the ledger read and empty; part paid now; money back; a payment gone or moved; lines that are not there."""

import pytest

from tests.support.payloads import T0, T2, T3
from tests.support.salon import RECORD, Salon, came, paid

T4 = "2026-03-02T12:00:04+0500"


class TestLedgerReadAndEmpty:
    @pytest.mark.parametrize("when", ["paid", "always"])
    def test_a_visit_called_paid_is_a_persons_matter(self, asking: Salon, when: str) -> None:
        asking.choose(fiscalize_when=when)
        asking.tell(came(9500))
        assert asking.issued == {}
        assert "Altegio knows of no money" in asking.asked["no_money"]

    def test_unpaid_it_waits(self, asking: Salon) -> None:
        asking.choose(fiscalize_when="always")
        asking.tell(came(9500, paid=0))
        assert asking.issued == {}
        assert "no payment yet" in asking.asked["awaiting"]

    def test_the_payment_that_comes_after_all_is_receipted(self, asking: Salon) -> None:
        asking.tell(came(9500))
        asking.tell(paid(1, 9500, cash=False))
        assert asking.issued == {"altegio_1001": {"card": 9500}}
        assert asking.asked == {}

    def test_staff_may_take_the_payment(self, asking: Salon) -> None:
        asking.tell(came(9500))
        asking.bridge.execute("INSERT INTO staff_users (login, role, password_hash) VALUES ('aigerim', 'cashier', 'x')")
        asking.bridge.execute(
            "INSERT INTO checkouts (company_id, record_id, staff_user_id, form_key, total)"
            " SELECT 307626, 1001, id, gen_random_uuid(), 9500 FROM staff_users"
        )
        asking.bridge.execute(
            "INSERT INTO payment_records (company_id, record_id, kind, amount, checkout_id)"
            " SELECT 307626, 1001, 'cash', total, id FROM checkouts"
        )
        asking.bridge.execute("UPDATE webhook_records SET state = 'received', next_attempt_at = now()")
        asking.work()
        assert asking.issued == {"altegio_1001": {"cash": 9500}}

    def test_where_the_ledger_is_closed_the_default_stands_in(self, asking: Salon) -> None:
        assert asking.altegio is not None
        asking.altegio.settings(no_rights=["timetable_transactions", "transactions", "accounts", "sale"])
        asking.tell(came(9500))
        assert asking.issued == {"altegio_1001": {"card": 9500}}


class TestPartPaid:
    def test_one_receipt_at_the_end(self, salon: Salon) -> None:
        salon.tell(paid(1, 3000), came(9500, paid=0))
        assert salon.issued == {}
        assert "3000.00 ₸ of 9500.00 ₸" in salon.asked["awaiting"]
        salon.tell(paid(2, 6500, cash=False, changed=T2), came(9500, changed=T2))
        assert salon.issued == {"altegio_1001": {"cash": 3000, "card": 6500}}


class TestMoneyBack:
    def test_an_expense_of_the_visit(self, salon: Salon) -> None:
        salon.tell(paid(1, 9500), came(9500))
        salon.tell(paid(2, -1000, changed=T2), paid(3, -500, changed=T2))
        assert "1500.00 ₸ were given back" in salon.returns_due["altegio_1001"]

    def test_a_payment_deleted(self, salon: Salon) -> None:
        salon.tell(paid(1, 9500), came(9500))
        salon.tell(paid(1, 9500, status="delete", changed=T2))
        assert salon.returns_due == {"altegio_1001": "the payment was taken back in Altegio"}

    def test_a_payment_lowered(self, salon: Salon) -> None:
        salon.tell(paid(1, 9500), came(9500))
        salon.tell(paid(1, 9000, status="update", changed=T2))
        assert "500.00 ₸ less" in salon.returns_due["altegio_1001"]

    def test_a_payment_moved(self, salon: Salon) -> None:
        salon.tell(paid(1, 9500), came(9500))
        salon.tell(paid(1, 9500, record_id=2002, document_id=5002, status="update", changed=T2))
        salon.tell(came(9500, 2002, documents=[{"id": 5002, "type_id": 7}], changed=T2))
        assert "moved to visit 2002" in salon.returns_due["altegio_1001"]
        assert set(salon.issued) == {"altegio_1001", "altegio_2002"}


class TestLines:
    def test_a_service_added_after_the_receipt(self, salon: Salon) -> None:
        salon.tell(paid(1, 9500), came(9500))
        salon.tell(came(11500, paid=0, changed=T2))
        assert "paid 9500.00 ₸, the visit now costs 11500.00 ₸" in salon.asked["difference"]
        salon.tell(paid(2, 2000, changed=T3), came(11500, changed=T4))
        assert "2000.00 ₸ have no receipt" in " ".join(row.reason or "" for row in salon.bridge.rows())
        assert salon.returns_due == {}

    def test_a_deleted_visit_whose_payments_stay(self, salon: Salon) -> None:
        salon.tell(came(9500, paid=0, changed=T0), paid(1, 9500))
        salon.tell(came(9500, status="delete", deleted=True, changed=T2))
        assert salon.issued == {}
        assert "9500.00 ₸" in salon.asked["paid_but_deleted"]

    def test_money_and_no_lines(self, salon: Salon) -> None:
        salon.tell(paid(1, 9500), came(9500, RECORD, services=[]))
        assert salon.issued == {}
        assert "9500.00 ₸" in salon.asked["money_without_lines"]
