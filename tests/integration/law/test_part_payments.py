"""Row: part paid now, and the salon wants a receipt for each payment. The receipts say what was paid in sum, never more
or less.

Before the day of the service money is no turnover of VAT; the rate is that of the day of the service.
"""

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from shared.replay import replay as put_back
from tests.support.documents import make_returns, order_return
from tests.support.payloads import T0, T1, T2, T3
from tests.support.salon import RECORD, Salon, came, paid, topped_up, used
from worker.rounds.auto_returns import order_due_returns

T4, T5, T6 = (f"2026-03-02T12:00:0{second}+0500" for second in (4, 5, 6))
BEFORE = "2026-02-20T12:00:00+0500"


@pytest.fixture
def salon(salon: Salon) -> Salon:
    salon.choose(part_payments="each")
    return salon


@pytest.fixture
def telling(telling: Salon) -> Salon:
    telling.choose(part_payments="each")
    return telling


@pytest.fixture
def asking(asking: Salon) -> Salon:
    asking.choose(part_payments="each")
    return asking


def come_unpaid(cost: int = 9500, record_id: int = RECORD, **fields: Any) -> dict[str, Any]:
    return came(cost, record_id, **{"paid": 0, **fields})


def open_items(salon: Salon) -> dict[str, str]:
    """What a person is asked, deliveries that were waiting when a newer one was decided apart."""
    return {code: words for code, words in salon.asked.items() if code != "awaiting"}


def total_issued(salon: Salon) -> Decimal:
    return sum((sum(kinds.values()) for kinds in salon.issued.values()), Decimal(0))


class TestEachHasItsReceipt:
    def test_a_part_and_then_the_rest(self, salon: Salon) -> None:
        salon.tell(paid(1, 3000), come_unpaid())
        assert salon.issued == {"altegio_prepaid_1": {"cash": 3000}}
        assert "3000.00 ₸ of 9500.00 ₸" in salon.asked["awaiting"]
        salon.tell(paid(2, 6500, cash=False, changed=T2), came(9500, changed=T2))
        assert salon.issued == {"altegio_prepaid_1": {"cash": 3000}, "altegio_1001": {"card": 6500}}
        assert (open_items(salon), salon.returns_due) == ({}, {})

    def test_what_it_says(self, salon: Salon) -> None:
        salon.tell(paid(1, 3000), come_unpaid())
        (line,) = salon.sales[0]["request"]["Positions"]
        assert (line["PositionName"], line["PositionType"]) == ("Предоплата: Окрашивание", 2)
        assert salon.sales[0]["request"]["ExternalOrderNumber"] == "altegio_1001"
        salon.tell(paid(2, 6500, changed=T2), came(9500, changed=T2))
        (rest,) = salon.sales[1]["request"]["Positions"]
        assert (rest["PositionName"], rest["Price"], rest["Discount"]) == ("Окрашивание", 9500, 3000)

    def test_several_parts(self, salon: Salon) -> None:
        salon.tell(paid(1, 3000), come_unpaid())
        salon.tell(paid(2, 2000, cash=False, changed=T2))
        salon.tell(paid(3, 4500, changed=T3), came(9500, changed=T3))
        assert salon.issued == {
            "altegio_prepaid_1": {"cash": 3000},
            "altegio_prepaid_2": {"card": 2000},
            "altegio_1001": {"cash": 4500},
        }

    def test_told_when_all_is_paid_it_is_one_receipt(self, salon: Salon) -> None:
        salon.tell(paid(1, 3000), paid(2, 6500, cash=False), came(9500, changed=T2))
        assert salon.issued == {"altegio_1001": {"cash": 3000, "card": 6500}}

    def test_a_payment_of_everything_waits_for_the_visit(self, salon: Salon) -> None:
        salon.tell(come_unpaid(changed=T0), paid(1, 9500))
        assert salon.issued == {}
        salon.tell(came(9500, changed=T2))
        assert salon.issued == {"altegio_1001": {"cash": 9500}}

    def test_where_receipts_come_always(self, salon: Salon) -> None:
        salon.choose(part_payments="each", fiscalize_when="always")
        salon.tell(paid(1, 3000), come_unpaid())
        salon.tell(paid(2, 6500, changed=T2), came(9500, changed=T2))
        assert salon.issued == {"altegio_prepaid_1": {"cash": 3000}, "altegio_1001": {"cash": 6500}}

    @pytest.mark.parametrize("order", list(permutations(range(3))))
    def test_order_of_arrival(self, telling: Salon, order: tuple[int, ...]) -> None:
        telling.tell(come_unpaid(changed=T0))
        late = [paid(1, 3000), paid(2, 2000, cash=False), come_unpaid(changed=T1)]
        for place in order:
            telling.tell(late[place])
        assert telling.issued == {"altegio_prepaid_1": {"cash": 3000}, "altegio_prepaid_2": {"card": 2000}}
        end = [came(9500, changed=T3), paid(3, 4500, changed=T2), paid(1, 3000, status="update", changed=T2)]
        for place in order:
            telling.tell(end[place])
        assert telling.issued["altegio_1001"] == {"cash": 4500}
        assert total_issued(telling) == 9500
        assert (open_items(telling), telling.returns_due) == ({}, {})

    def test_told_twice_it_is_one(self, salon: Salon) -> None:
        salon.tell(paid(1, 3000), come_unpaid(), paid(1, 3000), come_unpaid(changed=T2))
        salon.tell(paid(1, 3000, status="update", changed=T3))
        assert salon.issued == {"altegio_prepaid_1": {"cash": 3000}}


class TestVat:
    DECEMBER, JANUARY = "2026-12-28T12:00:00+0500", "2027-01-04 12:10:00"

    def test_before_the_day_of_the_service_it_has_none(self, telling: Salon) -> None:
        telling.choose(part_payments="each", webkassa_vat="auto")
        telling.tell(paid(1, 3000, date=BEFORE, changed=BEFORE), come_unpaid())
        telling.tell(paid(2, 6500, changed=T2), came(9500, changed=T2))
        rates = [one["request"]["Positions"][0]["TaxPercent"] for one in telling.sales]
        assert rates == [None, 16]

    def test_on_the_day_it_has_the_rate_of_the_day(self, telling: Salon) -> None:
        telling.choose(part_payments="each", webkassa_vat="auto")
        telling.tell(paid(1, 3000), come_unpaid())
        assert [one["request"]["Positions"][0]["TaxPercent"] for one in telling.sales] == [16]

    def test_two_rates_are_two_lines(self, telling: Salon) -> None:
        telling.choose(part_payments="each", webkassa_vat="auto", vat_lines="ботокс=medical")
        services = [
            {"id": 1, "title": "Ботокс", "cost": 6000, "cost_to_pay": 6000},
            {"id": 2, "title": "Окрашивание", "cost": 3000, "cost_to_pay": 3000},
        ]
        telling.tell(paid(1, 4500), come_unpaid(services=services))
        lines = telling.sales[0]["request"]["Positions"]
        assert [(one["PositionName"], one["Price"], one["TaxPercent"]) for one in lines] == [
            ("Предоплата: Ботокс", 3000, 5),
            ("Предоплата: Окрашивание", 1500, 16),
        ]

    def test_the_rest_has_the_rate_of_the_day_of_the_service(self, telling: Salon) -> None:
        telling.choose(part_payments="each", webkassa_vat="auto", vat_lines="services=medical")
        visit = {"date": self.JANUARY}
        telling.tell(paid(1, 3000, date=self.DECEMBER, changed=self.DECEMBER), come_unpaid(**visit))
        (prepaid,) = telling.bridge.receipts()
        assert prepaid.request["Positions"][0]["TaxPercent"] is None
        telling.tell(paid(2, 6500, changed=T2), came(9500, changed=T2, **visit))
        assert telling.bridge.receipt(2).request["Positions"][0]["TaxPercent"] == 10


class TestOtherMeans:
    @pytest.mark.parametrize("lowered", [False, True])
    def test_a_certificate_pays_the_rest(self, asking: Salon, lowered: bool) -> None:
        asking.tell(paid(1, 3000), come_unpaid())
        asking.know(used(7, 6500, type_id=8))
        asking.tell(came(9500, asked=3000 if lowered else None, changed=T2))
        assert asking.issued == {"altegio_prepaid_1": {"cash": 3000}}
        assert open_items(asking) == {}

    def test_accounts_that_need_no_receipt_of_ours(self, salon: Salon) -> None:
        salon.choose(part_payments="each", payment_kinds="Расчётный счёт=none")
        salon.tell(paid(1, 3000, cash=False, till="Расчётный счёт"), come_unpaid())
        assert salon.issued == {}
        salon.tell(paid(2, 6500, changed=T2), came(9500, changed=T2))
        assert salon.issued == {"altegio_1001": {"cash": 6500}}

    def test_tips_are_no_part(self, salon: Salon) -> None:
        tip = {"expense": {"id": 30, "title": "Чаевые", "type": 0}}
        salon.tell(paid(1, 500, **tip), come_unpaid())
        assert salon.issued == {}

    def test_a_deposit_is_no_part(self, salon: Salon) -> None:
        salon.tell(topped_up(1, 20000), come_unpaid())
        assert salon.issued == {}

    def test_the_rest_is_taken_at_the_desk(self, telling: Salon) -> None:
        telling.tell(paid(1, 3000), come_unpaid())
        assert telling.bridge.scalar("SELECT total FROM visits") == 6500
        take_at_desk(telling, 6500)
        assert telling.issued == {"altegio_prepaid_1": {"cash": 3000}, "altegio_1001": {"cash": 6500}}
        telling.tell(paid(2, 6500, changed=T2), came(9500, changed=T2))
        assert total_issued(telling) == 9500
        assert (open_items(telling), telling.returns_due) == ({}, {})


def take_at_desk(salon: Salon, total: int) -> None:
    salon.bridge.execute("INSERT INTO staff_users (login, role, password_hash) VALUES ('aigerim', 'cashier', 'x')")
    salon.bridge.execute(
        "INSERT INTO checkouts (company_id, record_id, staff_user_id, form_key, total)"
        " SELECT 307626, 1001, id, gen_random_uuid(), :total FROM staff_users",
        total=total,
    )
    salon.bridge.execute(
        "INSERT INTO payment_records (company_id, record_id, kind, amount, checkout_id)"
        " SELECT 307626, 1001, 'cash', total, id FROM checkouts"
    )
    salon.bridge.execute(
        "UPDATE webhook_records SET state = 'received', next_attempt_at = now() WHERE state = 'awaiting_payment'"
    )
    salon.work()


class TestMoneyBack:
    def test_the_payment_is_deleted(self, salon: Salon) -> None:
        salon.tell(paid(1, 3000), come_unpaid())
        salon.tell(paid(1, 3000, status="delete", changed=T2))
        assert salon.returns_due == {"altegio_prepaid_1": "the payment was taken back in Altegio"}
        salon.tell(paid(2, 9500, changed=T3), came(9500, changed=T3))
        assert salon.issued["altegio_1001"] == {"cash": 9500}
        assert list(salon.returns_due) == ["altegio_prepaid_1"]

    def test_it_is_lowered(self, salon: Salon) -> None:
        salon.tell(paid(1, 3000), come_unpaid())
        salon.tell(paid(1, 2000, status="update", changed=T2))
        assert "1000.00 ₸ less" in salon.returns_due["altegio_prepaid_1"]
        salon.tell(paid(2, 7500, changed=T3), came(9500, changed=T3))
        assert salon.issued["altegio_1001"] == {"cash": 7500}

    def test_it_is_raised(self, salon: Salon) -> None:
        """What was added has no receipt yet: the rest shows it."""
        salon.tell(paid(1, 3000), come_unpaid())
        salon.tell(paid(1, 4000, status="update", changed=T2))
        salon.tell(paid(2, 5500, changed=T3), came(9500, changed=T3))
        assert salon.issued == {"altegio_prepaid_1": {"cash": 3000}, "altegio_1001": {"cash": 6500}}
        assert salon.returns_due == {}

    def test_a_refund_before_the_end(self, salon: Salon) -> None:
        salon.tell(paid(1, 3000), come_unpaid())
        salon.tell(paid(2, -1000, changed=T2))
        assert "1000.00 ₸ were given back" in salon.returns_due["altegio_prepaid_1"]

    def test_a_refund_that_was_returned_is_settled(self, salon: Salon) -> None:
        salon.tell(paid(1, 3000), come_unpaid())
        salon.tell(paid(2, -3000, changed=T2))
        give_back(salon, 1)
        assert salon.returns_due == {}
        salon.tell(paid(3, 9500, changed=T3), came(9500, changed=T3))
        assert salon.issued["altegio_1001"] == {"cash": 9500}
        assert (open_items(salon), salon.returns_due) == ({}, {})

    def test_a_refund_after_the_end_is_the_last_receipts(self, salon: Salon) -> None:
        salon.tell(paid(1, 3000), come_unpaid())
        salon.tell(paid(2, 6500, changed=T2), came(9500, changed=T2))
        salon.tell(paid(3, -1000, changed=T3))
        assert list(salon.returns_due) == ["altegio_1001"]
        salon.tell(paid(4, -8500, changed=T4))
        assert sorted(salon.returns_due) == ["altegio_1001", "altegio_prepaid_1"]
        assert "3000.00 ₸ were given back" in salon.returns_due["altegio_prepaid_1"]

    def test_returned_at_the_desk_alone_a_person_is_asked(self, salon: Salon) -> None:
        """Altegio still has the payment: was it given back or not?"""
        salon.tell(paid(1, 3000), come_unpaid())
        give_back(salon, 1)
        salon.tell(paid(2, 6500, changed=T2), came(9500, changed=T2))
        assert "altegio_1001" not in salon.issued
        assert "3000.00 ₸" in salon.asked["sum_mismatch"]

    def test_the_last_payment_is_deleted(self, salon: Salon) -> None:
        salon.tell(paid(1, 3000), come_unpaid())
        salon.tell(paid(2, 6500, changed=T2), came(9500, changed=T2))
        salon.tell(paid(2, 6500, status="delete", changed=T3))
        assert salon.returns_due == {"altegio_1001": "the payment was taken back in Altegio"}

    def test_the_visit_is_deleted(self, salon: Salon) -> None:
        salon.tell(paid(1, 3000), come_unpaid())
        salon.tell(came(9500, status="delete", deleted=True, paid=0, changed=T2))
        assert "the record was deleted" in salon.returns_due["altegio_prepaid_1"]
        salon.tell(paid(1, 3000, status="delete", changed=T3))
        assert list(salon.returns_due) == ["altegio_prepaid_1"]

    def test_moved_to_another_visit_its_receipt_goes_with_it(self, salon: Salon) -> None:
        salon.tell(paid(1, 3000), come_unpaid(), come_unpaid(record_id=2002, documents=[{"id": 5002, "type_id": 7}]))
        salon.tell(paid(1, 3000, record_id=2002, document_id=5002, status="update", changed=T2))
        other = {"record_id": 2002, "document_id": 5002}
        salon.tell(paid(2, 6500, changed=T3, **other), came(9500, 2002, documents=[{"id": 5002, "type_id": 7}], changed=T3))
        assert salon.issued == {"altegio_prepaid_1": {"cash": 3000}, "altegio_2002": {"cash": 6500}}
        salon.tell(paid(3, 9500, changed=T4), came(9500, RECORD, changed=T4))
        assert salon.issued["altegio_1001"] == {"cash": 9500}
        assert salon.returns_due == {}

    def test_a_return_by_itself(self, asking: Salon) -> None:
        asking.choose(part_payments="each", return_policy="auto", return_delay_seconds=0)
        asking.tell(paid(1, 3000), come_unpaid())
        asking.tell(paid(1, 3000, status="delete", changed=T2))
        services = asking.bridge.services
        assert order_due_returns(services.sessions, services.settings, services.altegio)
        make_returns(asking.bridge)
        assert asking.returns_due == {}
        assert [one["operation_type"] for one in asking.simulator.receipts()] == [2, 3]


def give_back(salon: Salon, receipt_id: int) -> None:
    order_return(salon.bridge, receipt_id)
    make_returns(salon.bridge)


class TestNothingTwice:
    def test_not_sent_yet_and_taken_back(self, telling: Salon) -> None:
        telling.bridge.accept(come_unpaid())
        telling.bridge.accept(paid(1, 3000))
        telling.bridge.decide_open()
        telling.bridge.accept(paid(1, 3000, status="delete", changed=T2))
        telling.work()
        assert (telling.issued, telling.returns_due) == ({}, {})
        assert [one.state for one in telling.bridge.receipts()] == ["rejected"]
        telling.tell(paid(2, 9500, changed=T3), came(9500, changed=T3))
        assert telling.issued == {"altegio_1001": {"cash": 9500}}

    def test_not_sent_yet_and_lowered(self, telling: Salon) -> None:
        telling.bridge.accept(come_unpaid())
        telling.bridge.accept(paid(1, 3000))
        telling.bridge.decide_open()
        telling.bridge.accept(paid(1, 2000, status="update", changed=T2))
        telling.work()
        assert telling.issued == {"altegio_prepaid_1": {"cash": 2000}}

    def test_refused_it_is_a_dead_letter_and_the_rest_may_carry_it(self, telling: Salon) -> None:
        telling.simulator.fault(operation="check", kind="code", code=9, times=2)
        telling.tell(paid(1, 3000), come_unpaid())
        assert telling.issued == {}
        assert [row.state for row in telling.bridge.rows()] == ["dead_lettered", "awaiting_payment"]
        telling.tell(paid(2, 6500, changed=T2), came(9500, changed=T2))
        assert telling.issued == {"altegio_1001": {"cash": 9500}}
        assert open_items(telling) == {}
        replay(telling, 1)
        assert total_issued(telling) == 9500

    def test_refused_and_replayed_it_has_the_same_number(self, telling: Salon) -> None:
        telling.simulator.fault(operation="check", kind="code", code=9, times=2)
        telling.tell(paid(1, 3000), come_unpaid())
        replay(telling, 1)
        assert telling.issued == {"altegio_prepaid_1": {"cash": 3000}}
        assert [one.state for one in telling.bridge.receipts()] == ["issued"]

    def test_an_answer_that_was_lost_counts(self, telling: Salon) -> None:
        telling.simulator.fault(operation="check", kind="drop", when="after", times=1)
        telling.tell(paid(1, 3000), come_unpaid())
        telling.tell(paid(2, 6500, changed=T2), came(9500, changed=T2))
        telling.bridge.settle()
        assert telling.issued == {"altegio_prepaid_1": {"cash": 3000}, "altegio_1001": {"cash": 6500}}

    def test_the_delivery_of_the_payment_shares_the_fate_of_its_receipt(self, salon: Salon) -> None:
        salon.tell(paid(1, 3000), come_unpaid())
        states = {row.resource: (row.state, row.receipt_id) for row in salon.bridge.rows()}
        assert states == {"finances_operation": ("processed", 1), "record": ("awaiting_payment", None)}

    def test_read_and_never_told_it_has_a_delivery_too(self, asking: Salon) -> None:
        asking.know(paid(1, 3000))
        asking.tell(come_unpaid())
        asking.tell(paid(2, 1000, changed=T2))
        assert asking.issued == {"altegio_prepaid_1": {"cash": 3000}, "altegio_prepaid_2": {"cash": 1000}}
        rows = {row.resource_id: row for row in asking.bridge.rows() if row.resource == "finances_operation"}
        assert (rows[1].source, rows[1].state, rows[1].receipt_id) == ("catch_up", "processed", 1)
        asking.tell(paid(1, 3000))
        assert total_issued(asking) == 4000


def replay(salon: Salon, row_id: int) -> None:
    services = salon.bridge.services
    put_back(services.sessions, services.producer, services.redis, row_id, actor="test", reason="test")
    salon.work()


JOINT = {"visit_id": 77}


class TestJointVisits:
    def test_a_part_of_one_of_two_records(self, telling: Salon) -> None:
        both = [come_unpaid(9500, 1001, **JOINT), come_unpaid(4000, 1002, **JOINT)]
        telling.tell(*both, paid(1, 3000, record_id=1001, **JOINT))
        assert telling.issued == {"altegio_prepaid_1": {"cash": 3000}}
        done = [came(9500, 1001, changed=T3, **JOINT), came(4000, 1002, changed=T3, **JOINT)]
        telling.tell(paid(2, 10500, cash=False, record_id=1001, changed=T2, **JOINT), *done)
        assert telling.issued == {
            "altegio_prepaid_1": {"cash": 3000},
            "altegio_1001": {"card": 6500},
            "altegio_1002": {"card": 4000},
        }
        assert (open_items(telling), telling.returns_due) == ({}, {})

    def test_a_part_that_names_the_visit_alone_is_a_persons_matter(self, telling: Salon) -> None:
        both = [come_unpaid(9500, 1001, **JOINT), come_unpaid(4000, 1002, **JOINT)]
        telling.tell(*both, paid(1, 3000, record_id=0, **JOINT))
        assert telling.issued == {}
        assert "3000.00 ₸" in telling.asked["part_payment"]
        done = [came(9500, 1001, changed=T3, **JOINT), came(4000, 1002, changed=T3, **JOINT)]
        telling.tell(paid(2, 10500, cash=False, record_id=1001, changed=T2, **JOINT), *done)
        assert total_issued(telling) == 13500
        assert open_items(telling) == {}
