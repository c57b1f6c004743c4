"""Codes of goods: the salon's table reaches receipts; lines without one are counted, or wait for a person."""

import pytest

from dev.harness.simulator import MORE_CASHBOXES, SimulatorControl
from shared.fiscal.goods_codes import ProductCodes
from shared.salon.goods import FEW_LINES, count_coded, list_codes, list_sold_goods, save_codes
from tests.support.bridge import Bridge
from tests.support.payloads import COMPANY, T1, T2, T3, goods, visit
from worker.entry.doctor.goods import look_at_goods
from worker.rounds.watch.goods import find_uncoded_goods
from worker.salon.administration import Changes, add_cashbox

GTIN, NTIN = "4870001000011", "0200000000017"
IN_VISIT = {"id": 71, "good_id": 22001, "title": "Шампунь", "amount": -1, "cost": 900, "barcode": "4870001000028"}
UNCODED = {"id": 72, "good_id": 22002, "title": "Лак", "amount": -2, "cost": 1800}


def keep(bridge: Bridge, *codes: ProductCodes, company: int = COMPANY) -> None:
    with bridge.services.sessions.begin() as session:
        save_codes(session, company, codes)


def counts(bridge: Bridge) -> list[tuple[int, int, int, int]]:
    with bridge.services.sessions() as session:
        return [(share.company_id, share.lines, share.without, share.percent) for share in count_coded(session)]


def codes_sent(simulator: SimulatorControl, number: int = -1) -> list[tuple[str | None, str | None]]:
    request = simulator.receipts()[number]["request"]
    return [(row.get("GTIN"), row.get("NTIN")) for row in request["Positions"]]


class TestTheTable:
    def test_wins_over_altegios_barcode_and_fills_what_lacks(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        keep(bridge, ProductCodes(22001, "", GTIN, None), ProductCodes(22002, "", None, NTIN))
        bridge.deliver(visit(goods_transactions=[IN_VISIT, UNCODED]))
        assert codes_sent(simulator) == [(None, None), (GTIN, None), (None, NTIN)]

    def test_serves_goods_over_the_counter(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        keep(bridge, ProductCodes(9001, "", GTIN, NTIN))
        bridge.deliver(goods(9001, 900))
        assert codes_sent(simulator) == [(GTIN, NTIN)]

    def test_is_of_one_salon_and_of_goods_only(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        keep(bridge, ProductCodes(22002, "", GTIN, None), company=COMPANY + 1)
        keep(bridge, ProductCodes(8101, "", GTIN, None))
        service = {"id": 8101, "title": "Стрижка", "cost": 4000}
        bridge.deliver(visit(services=[service], goods_transactions=[UNCODED, {**UNCODED, "good_id": 8101}]))
        assert codes_sent(simulator) == [(None, None), (None, None), (GTIN, None)]

    def test_is_taken_out_and_in(self, bridge: Bridge) -> None:
        keep(bridge, ProductCodes(1, "А", GTIN, None), ProductCodes(2, "Б", None, NTIN))
        keep(bridge, ProductCodes(2, "Б", GTIN, None), ProductCodes(1, "А", None, None), ProductCodes(3, "В", None, None))
        with bridge.services.sessions() as session:
            assert list_codes(session, COMPANY) == [ProductCodes(2, "Б", GTIN, None)]


class TestCounting:
    def test_lines_of_sales_and_what_got_its_code_meanwhile(self, bridge: Bridge) -> None:
        bridge.deliver(visit(1, goods_transactions=[IN_VISIT, UNCODED]), visit(2), visit(3, goods_transactions=[UNCODED]))
        assert counts(bridge) == [(COMPANY, 3, 2, 33)]
        with bridge.services.sessions() as session:
            (lacking,) = list_sold_goods(session, without_code=True)
            assert (lacking.good_id, lacking.title, lacking.lines) == (22002, "Лак", 2)
            assert [sold.good_id for sold in list_sold_goods(session)] == [22002, 22001]
            assert list_sold_goods(session, COMPANY + 1) == []
        keep(bridge, ProductCodes(22002, "Лак", GTIN, None))
        assert counts(bridge) == [(COMPANY, 3, 0, 100)]

    def test_a_receipt_that_is_decided_anew_counts_once(self, bridge: Bridge) -> None:
        for changed in (T1, T2):
            bridge.accept(visit(goods_transactions=[UNCODED], changed=changed))
            bridge.decide_open()
        assert counts(bridge) == [(COMPANY, 1, 1, 0)]
        bridge.accept(visit(goods_transactions=[], changed=T3))
        bridge.decide_open()
        bridge.issue()
        assert counts(bridge) == []

    def test_lines_of_long_ago_are_left_out(self, bridge: Bridge) -> None:
        bridge.deliver(visit(goods_transactions=[UNCODED]))
        bridge.execute("UPDATE goods_lines SET created_at = now() - interval '31 days'")
        assert counts(bridge) == []


class TestRequired:
    @pytest.fixture(autouse=True)
    def _required(self, bridge: Bridge) -> None:
        bridge.configure(goods_codes="required")

    def test_goods_without_a_code_wait_for_a_person_before_any_receipt(
        self, bridge: Bridge, simulator: SimulatorControl
    ) -> None:
        (row,) = bridge.deliver(visit(goods_transactions=[IN_VISIT, UNCODED]))
        assert (row.state, row.error_code, row.reason) == ("dead_lettered", "goods_without_code", "no GTIN or NTIN of Лак")
        assert bridge.receipts() == simulator.receipts() == []
        keep(bridge, ProductCodes(22002, "Лак", GTIN, None))
        bridge.deliver(visit(goods_transactions=[IN_VISIT, UNCODED], changed=T2))
        assert codes_sent(simulator) == [(None, None), ("4870001000028", None), (GTIN, None)]

    def test_over_the_counter_too_and_services_never(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        first, second = bridge.deliver(goods(9001, 900), visit())
        assert (first.error_code, second.state) == ("goods_without_code", "processed")
        assert len(simulator.receipts()) == 1

    def test_per_salon(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        with bridge.services.sessions.begin() as session:
            add_cashbox(session, bridge.services.settings, 777, MORE_CASHBOXES[0], Changes(goods_codes="optional"))
        bridge.deliver(visit(company=777, goods_transactions=[UNCODED]))
        assert len(simulator.receipts()) == 1


class TestTelling:
    def sell(self, bridge: Bridge, uncoded: int, coded: int) -> None:
        bodies = [visit(1 + n, goods_transactions=[IN_VISIT if n < coded else UNCODED]) for n in range(uncoded + coded)]
        bridge.deliver(bodies)

    @pytest.mark.parametrize(
        ("uncoded", "coded", "percent", "is_told"),
        [
            pytest.param(2, 8, 90, True, id="below"),
            pytest.param(1, 9, 90, False, id="at-the-share"),
            pytest.param(FEW_LINES - 1, 0, 90, False, id="too-few-to-say"),
            pytest.param(FEW_LINES, 0, 0, False, id="never"),
        ],
    )
    def test_below_a_share(self, bridge: Bridge, uncoded: int, coded: int, percent: int, is_told: bool) -> None:
        bridge.configure(alert_goods_coded_percent=percent, alert_language="ru")
        self.sell(bridge, uncoded, coded)
        found = list(find_uncoded_goods(bridge.services.sessions, bridge.services.settings))
        told = f"филиал {COMPANY}: с кодом {coded * 10} % строк, без кода {uncoded}"
        assert [(one.kind, one.key, one.text) for one in found] == (
            [("goods_uncoded", str(COMPANY), told)] if is_told else []
        )

    def test_by_the_examination(self, bridge: Bridge) -> None:
        self.sell(bridge, 1, 1)
        (found,) = look_at_goods(bridge.services.sessions, bridge.services.settings)
        assert (found.level, found.said) == ("warning", "1 of 2 lines of 30 days have a GTIN or NTIN")
        assert "--without-code" in found.fix
        keep(bridge, ProductCodes(22002, "Лак", GTIN, None))
        (found,) = look_at_goods(bridge.services.sessions, bridge.services.settings)
        assert found.level == "ok"
