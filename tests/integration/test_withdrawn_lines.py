"""Goods of a sale that was withdrawn before it was sent are no goods that were sold."""

from shared.salon.goods import count_coded
from tests.support.bridge import Bridge
from tests.support.payloads import T1, T2, visit

CREAM = {"id": 72, "good_id": 22002, "title": "Крем", "amount": -2, "cost": 1800}


def count_lines(bridge: Bridge) -> list[int]:
    with bridge.services.sessions() as session:
        return [share.lines for share in count_coded(session)]


def test_they_are_counted_no_more(bridge: Bridge) -> None:
    bridge.accept(visit(goods_transactions=[CREAM], changed=T1))
    bridge.decide_open()
    assert count_lines(bridge) == [1]
    bridge.accept(visit(goods_transactions=[CREAM], paid=0, changed=T2))
    bridge.decide_open()
    assert (bridge.receipt().state, count_lines(bridge)) == ("rejected", [])
