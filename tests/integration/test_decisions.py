"""From deliveries to receipts: order, payments, goods, policies, taxes, second thoughts."""

from typing import Any

import pytest

from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.payloads import SAMPLE, T0, T1, T2, T3, goods, payment, visit

CASH, CARD, MOBILE = 0, 1, 4


def states(bridge: Bridge) -> list[str]:
    return [row.state for row in bridge.rows()]


def get_only(simulator: SimulatorControl) -> dict[str, Any]:
    ledger = simulator.receipts()
    assert len(ledger) == 1
    return ledger[0]


class TestReceipt:
    def test_the_sample_visit(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(SAMPLE)
        theirs, ours = get_only(simulator), bridge.receipt()
        assert theirs["external_check_number"] == ours.external_check_number == "altegio_596792978"
        assert theirs["operation_type"] == 2
        assert theirs["total"] == "4000.00"
        assert theirs["tax"] == "0.00"
        assert theirs["payments"] == [{"type": CARD, "sum": "4000.00"}]
        line = theirs["positions"][0]
        assert (line["name"], line["count"], line["price"]) == ("Стрижка детская", "1", "4000.00")
        assert (line["unit_code"], line["position_type"], line["tax_type"]) == (5114, 2, 0)
        assert ours.fiscal_number == theirs["check_number"]
        assert ours.receipt_url
        assert ours.print_url
        assert ours.issued_at is not None
        assert (ours.shift_number, ours.check_order_number, ours.offline_mode) == (1, 1, False)
        assert ours.registration_number
        assert bridge.row().processed_at is not None

    def test_services_goods_discount_and_quantity(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        services = [{"title": "Маникюр", "cost": 7500, "cost_per_unit": 2500, "amount": 3}]
        sold = [{"title": "Крем", "amount": -2, "cost": "3325.50", "price": 1750.25, "discount": 5}]
        bridge.deliver(visit(services=services, goods_transactions=sold))
        theirs = get_only(simulator)
        assert theirs["total"] == "10825.50"
        assert [(p["count"], p["price"], p["discount"], p["sum"]) for p in theirs["positions"]] == [
            ("3", "2500.00", "0.00", "7500.00"),
            ("2", "1750.25", "175.00", "3325.50"),
        ]
        assert [(p["unit_code"], p["position_type"]) for p in theirs["positions"]] == [(5114, 2), (796, 0)]
        assert theirs["request"]["RoundType"] == 0

    @pytest.mark.parametrize(
        ("date", "rate", "tax"),
        [("2025-12-31 23:59:59", 12, "428.57"), ("2026-01-01 00:00:00", 16, "551.72")],
    )
    def test_vat_by_the_date_of_the_sale(
        self, bridge: Bridge, simulator: SimulatorControl, date: str, rate: int, tax: str
    ) -> None:
        simulator.settings(vat_days=500)
        bridge.configure(webkassa_vat="auto")
        bridge.deliver(visit(date=date))
        theirs = get_only(simulator)
        assert theirs["positions"][0]["tax_percent"] == rate
        assert theirs["positions"][0]["tax_type"] == 100
        assert theirs["tax"] == tax
        assert str(bridge.receipt().tax) == tax

    def test_sums_in_the_log_are_exact(self, bridge: Bridge) -> None:
        bridge.deliver(visit(cost="4162.43"))
        sent = bridge.scalar("SELECT request->'Payments'->0->>'Sum' FROM fiscalization_logs")
        assert sent == "4162.43"
        assert bridge.scalar("SELECT (request->'Payments'->0->'Sum')::numeric = 4162.43 FROM receipts")


class TestOrder:
    def test_redelivery_is_nothing_new(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(visit(), visit(), visit())
        assert states(bridge) == ["processed"]
        assert get_only(simulator)["total"] == "4000.00"

    def test_booked_then_paid(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(visit(status="create", paid=0, changed=T0), visit(changed=T1))
        assert states(bridge) == ["awaiting_payment", "processed"]
        assert get_only(simulator)["total"] == "4000.00"

    def test_the_older_word_that_comes_later_changes_nothing(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(visit(cost=5000, changed=T2), visit(cost=4000, paid=0, changed=T1))
        assert states(bridge) == ["processed", "ignored"]
        assert "superseded" in bridge.row(2).reason
        assert get_only(simulator)["total"] == "5000.00"

    def test_of_deliveries_stored_together_the_newest_counts(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.accept([visit(cost=2, changed=T2), visit(cost=3, changed=T3), visit(cost=1, changed=T1)])
        bridge.decide_open()
        bridge.issue()
        assert states(bridge) == ["ignored", "processed", "ignored"]
        assert get_only(simulator)["total"] == "3.00"

    def test_at_the_same_moment_a_deletion_wins(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.accept([visit(status="delete"), visit(status="update")])
        bridge.decide_open()
        bridge.issue()
        assert states(bridge) == ["ignored", "ignored"]
        assert simulator.receipts() == []

    def test_without_change_dates_the_last_arrival_counts(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.accept([visit(cost=1, changed=None), visit(cost=2, changed=None)])
        bridge.decide_open()
        bridge.issue()
        assert states(bridge) == ["ignored", "processed"]
        assert get_only(simulator)["total"] == "2.00"

    def test_an_unknown_status_supersedes_nothing(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.accept([visit(status="create"), visit(status="confirmed", changed=T2)])
        bridge.decide_open()
        bridge.issue()
        assert states(bridge) == ["processed", "ignored"]
        assert get_only(simulator)["total"] == "4000.00"

    @pytest.mark.parametrize("moments", [(T3, None, T1), (None, T3, T1), (T1, T3, None), (T1, None, T3)])
    def test_of_several_words_exactly_one_counts(
        self, bridge: Bridge, simulator: SimulatorControl, moments: tuple[str | None, ...]
    ) -> None:
        bridge.accept([visit(changed=moment) for moment in moments])
        bridge.decide_open()
        bridge.issue()
        assert sorted(states(bridge)) == ["ignored", "ignored", "processed"]
        assert get_only(simulator)["total"] == "4000.00"

    def test_a_visit_that_was_deleted_and_restored(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(visit(status="create", paid=0, changed=T0), visit(status="delete", changed=None))
        bridge.deliver(visit(changed="2036-12-31T23:00:00+0500"))
        assert bridge.row(3).state == "processed"
        assert get_only(simulator)["total"] == "4000.00"

    @pytest.mark.parametrize("moment", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "0001-01-01 00:00:00"])
    @pytest.mark.parametrize("field", ["last_change_date", "date"])
    def test_moments_beyond_the_calendar(self, bridge: Bridge, moment: str, field: str) -> None:
        """Refused, or taken as if absent; never a row nobody can read."""
        bridge.configure(webkassa_vat="auto")
        bridge.accept(visit(**{field: moment}))
        bridge.decide_open()
        bridge.issue()
        assert bridge.row().state in ("invalid", "processed")

    def test_records_of_two_salons_do_not_meet(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(visit(1, changed=T1), visit(2, company=999, changed=T2))
        assert states(bridge) == ["processed", "processed"]
        assert len(simulator.receipts()) == 2


class TestPayments:
    @pytest.mark.parametrize("record_first", [True, False])
    def test_cash_known_before_or_after_the_booking(
        self, bridge: Bridge, simulator: SimulatorControl, record_first: bool
    ) -> None:
        booked, money, paid = visit(status="create", paid=0, changed=T0), payment(1, 4000), visit(changed=T2)
        bridge.deliver(*((booked, money) if record_first else (money, booked)), paid)
        assert get_only(simulator)["payments"] == [{"type": CASH, "sum": "4000.00"}]

    def test_each_kind_once(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(
            payment(1, 1000),
            payment(2, 500),
            payment(3, 1500, cash=False, till="Терминал"),
            payment(4, 1000, cash=False, till="Kaspi QR"),
            visit(),
        )
        assert get_only(simulator)["payments"] == [
            {"type": CARD, "sum": "1500.00"},
            {"type": CASH, "sum": "1500.00"},
            {"type": MOBILE, "sum": "1000.00"},
        ]

    def test_more_than_is_owed_asks_a_person_until_it_is_taken_back(
        self, bridge: Bridge, simulator: SimulatorControl
    ) -> None:
        bridge.deliver(payment(1, 4000), payment(2, 4000), visit())
        assert (bridge.row(3).state, bridge.row(3).error_code) == ("dead_lettered", "sum_mismatch")
        assert simulator.receipts() == []
        bridge.deliver(payment(2, 4000, status="delete", changed=T2))
        assert bridge.row(3).state == "processed"
        assert get_only(simulator)["payments"] == [{"type": CASH, "sum": "4000.00"}]

    def test_the_till_was_changed(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        moved = payment(1, 4000, cash=False, till="Терминал", status="update", changed=T2)
        bridge.deliver(payment(1, 4000, changed=T1), moved, visit())
        assert get_only(simulator)["payments"] == [{"type": CARD, "sum": "4000.00"}]

    def test_an_older_change_of_a_payment_is_superseded(self, bridge: Bridge) -> None:
        bridge.deliver(payment(1, 4000, changed=T2), payment(1, 9999, status="update", changed=T1))
        assert states(bridge) == ["processed", "ignored"]
        assert [str(p.amount) for p in bridge.payments()] == ["4000.00"]

    def test_a_deletion_before_its_creation_is_no_money(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(payment(1, 4000, status="delete", changed=T2), payment(1, 4000, changed=T1), visit())
        assert [p.state for p in bridge.payments()] == ["revoked"]
        assert get_only(simulator)["payments"] == [{"type": CARD, "sum": "4000.00"}]

    @pytest.mark.parametrize(("method", "kind"), [("card", CARD), ("cash", CASH), ("mobile", MOBILE)])
    def test_the_default_where_nothing_is_known(
        self, bridge: Bridge, simulator: SimulatorControl, method: str, kind: int
    ) -> None:
        bridge.configure(default_payment_method=method)
        bridge.deliver(visit())
        assert get_only(simulator)["payments"] == [{"type": kind, "sum": "4000.00"}]

    def test_ask_waits_until_a_payment_tells(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.configure(default_payment_method="ask")
        bridge.deliver(visit())
        assert states(bridge) == ["awaiting_payment"]
        bridge.deliver(payment(1, 4000))
        assert get_only(simulator)["payments"] == [{"type": CASH, "sum": "4000.00"}]


class TestGoods:
    def test_the_lines_of_a_document_are_one_receipt(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.accept([goods(1, 1000), goods(2, "250.50", title="Лак"), goods(3, 99, title="Расчёска")])
        bridge.decide_open()
        bridge.issue()
        theirs = get_only(simulator)
        assert theirs["external_check_number"] == "altegio_goods_5001"
        assert theirs["total"] == "1349.50"
        assert [p["name"] for p in theirs["positions"]] == ["Шампунь", "Лак", "Расчёска"]
        assert {p["position_type"] for p in theirs["positions"]} == {0}
        assert states(bridge) == ["processed"] * 3

    def test_a_document_waits_for_more_of_its_lines(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.configure(goods_wait_seconds=50)
        bridge.accept(goods(1, 1000))
        bridge.decide(1)
        assert (bridge.row().state, bridge.row().receipt_id) == ("received", None)
        assert bridge.scalar("SELECT next_attempt_at > now() + interval '40 seconds' FROM webhook_records")
        bridge.configure(goods_wait_seconds=0)
        bridge.decide_open()
        bridge.issue()
        assert get_only(simulator)["total"] == "1000.00"

    def test_looking_at_a_waiting_sale_often_does_not_kill_it(self, bridge: Bridge) -> None:
        bridge.configure(goods_wait_seconds=50)
        bridge.accept(goods(1, 100))
        for _ in range(12):
            bridge.decide(1)
        assert (bridge.row().state, bridge.row().error_code) == ("received", None)

    def test_a_corrected_line_before_the_receipt(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.accept([goods(1, 1000), goods(1, 900, status="update", changed=T2), goods(2, 100)])
        bridge.decide_open()
        bridge.issue()
        assert get_only(simulator)["total"] == "1000.00"

    def test_a_line_that_came_while_nothing_was_sent_joins(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.accept(goods(1, 1000))
        bridge.decide_open()
        bridge.accept(goods(2, 500))
        bridge.decide_open()
        bridge.issue()
        assert get_only(simulator)["total"] == "1500.00"

    def test_a_line_after_the_receipt_needs_a_person(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(goods(1, 1000), goods(2, 500))
        assert states(bridge) == ["processed", "dead_lettered"]
        assert bridge.row(2).error_code == "difference"
        assert get_only(simulator)["total"] == "1000.00"

    def test_a_deleted_sale_needs_a_return(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(goods(1, 1000), goods(1, 1000, status="delete", changed=T2))
        assert "deleted" in bridge.receipt().return_due_reason
        assert len(simulator.receipts()) == 1

    def test_sold_in_a_visit_belongs_to_the_visit(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        sold = [{"id": 1, "title": "Крем", "amount": -1, "cost": 500, "price": 500}]
        bridge.deliver(goods(1, 500, record_id=1001), visit(goods_transactions=sold))
        assert states(bridge) == ["ignored", "processed"]
        assert get_only(simulator)["total"] == "4500.00"


class TestPolicies:
    def test_always(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.configure(fiscalize_when="always")
        bridge.deliver(visit(paid=0))
        assert get_only(simulator)["total"] == "4000.00"

    def test_manual(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.configure(fiscalize_when="manual")
        bridge.deliver(visit(), goods(1, 100))
        assert states(bridge) == ["awaiting_payment", "ignored"]
        assert simulator.receipts() == []

    @pytest.mark.parametrize(
        ("comment", "state"), [("клиент ФЧ", "processed"), ("фчк", "ignored"), ("", "ignored"), (None, "ignored")]
    )
    def test_marker(self, bridge: Bridge, comment: str | None, state: str) -> None:
        bridge.configure(fiscalize_comment_marker="фч")
        bridge.deliver(visit(comment=comment), goods(1, 100, comment=comment))
        assert states(bridge) == [state, state]

    def test_amounts_in_tiyn(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.configure(altegio_amounts_in_tiyn=True)
        bridge.deliver(visit(cost=400050))
        assert get_only(simulator)["total"] == "4000.50"

    def test_a_salon_with_its_own_cashbox(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.execute("INSERT INTO cashboxes (unique_number, company_id) VALUES ('SWK00000001', 777)")
        bridge.configure(webkassa_shop_id="SWK99999999")
        bridge.deliver(visit(1, company=777))
        assert get_only(simulator)["external_check_number"] == "altegio_1"


class TestSecondThoughts:
    def test_another_total_after_the_receipt(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(visit(changed=T1), visit(cost=4500, changed=T2))
        assert (bridge.row(2).state, bridge.row(2).error_code) == ("dead_lettered", "difference")
        assert "4000" in bridge.row(2).reason
        assert "4500" in bridge.row(2).reason
        assert get_only(simulator)["total"] == "4000.00"

    def test_another_word_with_the_same_total_joins(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(visit(changed=T1), visit(changed=T2, comment="спасибо"))
        assert states(bridge) == ["processed", "processed"]
        assert bridge.row(2).receipt_id == 1
        assert len(simulator.receipts()) == 1

    def test_another_total_before_anything_was_sent(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.accept(visit(changed=T1))
        bridge.decide_open()
        bridge.accept(visit(cost=4500, changed=T2))
        bridge.decide_open()
        bridge.issue()
        assert get_only(simulator)["total"] == "4500.00"

    @pytest.mark.parametrize("withdrawn", [{"status": "delete"}, {"deleted": True}, {"paid": 0}])
    def test_withdrawn_after_the_receipt(
        self, bridge: Bridge, simulator: SimulatorControl, withdrawn: dict[str, Any]
    ) -> None:
        bridge.deliver(visit(changed=T1), visit(changed=T2, **withdrawn))
        assert bridge.receipt().return_due_reason
        assert bridge.receipt().state == "issued"
        assert bridge.row(2).reason.startswith("return due")
        assert [theirs["operation_type"] for theirs in simulator.receipts()] == [2]

    def test_refused_then_corrected(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        """A rate the register does not know is refused; the number stays free for the right body."""
        bridge.configure(webkassa_vat="20")
        bridge.deliver(visit(changed=T1))
        assert (bridge.row().state, bridge.row().error_code) == ("dead_lettered", "9")
        assert bridge.receipt().state == "rejected"
        bridge.configure(webkassa_vat="16")
        bridge.deliver(visit(changed=T2))
        assert bridge.receipt().state == "issued"
        assert get_only(simulator)["external_check_number"] == "altegio_1001"
