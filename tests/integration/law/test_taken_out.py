"""Row: goods taken out of a paid visit, money back: one item of work, a partial return proposed with its lines."""

from itertools import permutations
from typing import Any

import pytest

from tests.support.grids import grid
from tests.support.payloads import T2, T3
from tests.support.salon import REFUND, WAYS, Envelope, Salon, came, paid, paid_for, sold_line
from worker.issue.make_return import make_return

SHAMPOO = {"id": 71, "good_id": 22001, "title": "Шампунь", "amount": -2, "cost_per_unit": 1500, "cost": 3000, "discount": 0}
ONE_LEFT = SHAMPOO | {"amount": -1, "cost": 1500}
ORDERS = list(permutations(range(2)))
FOR_GOODS = {"sold_item_type": "goods_transaction", "sold_item_id": 71}


def sell(salon: Salon) -> None:
    salon.tell(paid(1, 4000), paid(2, 3000, **FOR_GOODS), came(4000, goods_transactions=[SHAMPOO]))
    assert salon.issued == {"altegio_1001": {"cash": 7000}}


def changes(lines: list[dict[str, Any]], back: int, how: str) -> list[Envelope]:
    """The visit without the goods, and the money: the payment deleted or lowered, or an expense."""
    money = {
        "deleted": paid(2, 3000, status="delete", changed=T2, **FOR_GOODS),
        "lowered": paid(2, 3000 - back, status="update", changed=T2, **FOR_GOODS),
        "expense": paid(3, -back, changed=T2, **{**FOR_GOODS, "expense": REFUND}),
    }[how]
    return [came(4000, goods_transactions=lines, changed=T3), money]


class TestOutOfAVisit:
    @grid("salon, how, order", WAYS, ["deleted", "expense"], ORDERS, together=2, indirect=["salon"])
    def test_all_of_them(self, salon: Salon, how: str, order: tuple[int, int]) -> None:
        sell(salon)
        told = changes([], 3000, how)
        salon.know(*told)
        for number in order:
            salon.bridge.deliver(told[number])
        salon.work()
        assert salon.asked == {}
        assert "3000.00 ₸" in salon.returns_due["altegio_1001"]
        assert salon.bridge.receipt().return_due_lines == [{"position": 1, "count": "2"}]

    @pytest.mark.parametrize("how", ["lowered", "expense"])
    def test_one_of_them(self, salon: Salon, how: str) -> None:
        sell(salon)
        salon.tell(*changes([ONE_LEFT], 1500, how))
        assert salon.asked == {}
        assert salon.bridge.receipt().return_due_lines == [{"position": 1, "count": "1"}]

    def test_other_money_than_they_cost_is_for_the_manager_alone(self, salon: Salon) -> None:
        sell(salon)
        salon.tell(*changes([], 1000, "expense"))
        assert "1000.00 ₸" in salon.returns_due["altegio_1001"]
        assert salon.bridge.receipt().return_due_lines is None

    def test_while_the_money_stays_it_is_a_difference(self, salon: Salon) -> None:
        sell(salon)
        salon.tell(changes([], 3000, "deleted")[0])
        assert "paid 7000.00 ₸, the visit now costs 4000.00 ₸" in salon.asked["difference"]
        assert salon.returns_due == {}

    def test_put_back_nothing_is_proposed_any_more(self, salon: Salon) -> None:
        sell(salon)
        salon.tell(*changes([], 3000, "deleted"))
        salon.tell(
            paid(4, 3000, changed="2026-03-02T12:00:08+0500", **FOR_GOODS),
            came(4000, goods_transactions=[SHAMPOO], changed="2026-03-02T12:00:09+0500"),
        )
        assert (salon.returns_due, salon.bridge.receipt().return_due_lines) == ({}, None)


@pytest.mark.parametrize("goods_first", [True, False])
def test_out_of_a_document(telling: Salon, goods_first: bool) -> None:
    sold = [paid_for(1, 900, "goods_transaction"), paid_for(2, 1100, "goods_transaction")]
    telling.choose(goods_wait_seconds=0)
    for one in (sold_line(1, 900), sold_line(2, 1100, "Маска"), *sold):
        telling.bridge.accept(one)
    telling.bridge.execute("UPDATE webhook_records SET state = 'received'")
    telling.work()
    assert telling.issued == {"altegio_goods_5001": {"cash": 2000}}
    told = [
        {**sold_line(2, 1100, "Маска", last_change_date=T3), "status": "delete"},
        paid_for(2, 1100, "goods_transaction", status="delete", changed=T3),
    ]
    telling.tell(*(told if goods_first else reversed(told)))
    assert telling.asked == {}
    assert "1100.00 ₸ less" in telling.returns_due["altegio_goods_5001"]
    assert telling.bridge.receipt().return_due_lines == [{"position": 1, "count": "1"}]


def test_a_return_of_some_marked_pieces_has_their_codes(salon: Salon) -> None:
    marked = SHAMPOO | {"marking_codes": ["010460;a", "010460;b"]}
    salon.tell(paid(1, 4000), paid(2, 3000, **FOR_GOODS), came(4000, goods_transactions=[marked]))
    salon.bridge.execute("INSERT INTO staff_users (login, role, password_hash) VALUES ('aigerim', 'manager', 'x')")
    salon.bridge.execute(
        "INSERT INTO return_orders (receipt_id, staff_user_id, form_key, reason, lines)"
        " SELECT 1, id, gen_random_uuid(), 'x', :lines FROM staff_users",
        lines='[{"position": 1, "count": "1", "marks": ["010460;b"]}]',
    )
    make_return(salon.bridge.services.sessions, 1)
    salon.work()
    returned = salon.simulator.receipts()[-1]
    (position,) = returned["request"]["Positions"]
    assert (returned["operation_type"], position["Count"], position["Mark"]) == (3, 1, "010460;b")
    assert "MarkList" not in position
