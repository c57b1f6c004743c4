"""Webhooks that never came: found in Altegio's lists and decided like any other; and whether it still knows our address."""

from datetime import timedelta
from typing import Any

import pytest

from api.acquire.access.salons import EVERYWHERE
from api.acquire.cashbox.offers import list_offers
from dev.harness.altegio import AltegioControl
from dev.harness.simulator import SimulatorControl
from shared.clock import utc_now
from tests.integration.test_asking_altegio import known_goods, known_payment, known_visit, paid_for_goods
from tests.support.bridge import Bridge
from tests.support.payloads import COMPANY, visit
from tests.support.salon import REFUND
from tests.support.statements import explain, note_statements
from worker.rounds.hook_check import check_hooks, find_hook_problem
from worker.rounds.missed_webhooks import OVERLAP, catch_up, find_salons

CASH, CARD, MOBILE = 0, 1, 4


def stamp(seconds: float = 0) -> str:
    return (utc_now() + timedelta(seconds=seconds)).isoformat()


@pytest.fixture
def looking(bridge: Bridge, altegio: AltegioControl) -> Bridge:
    """A bridge that has known the salon for an hour."""
    environment = {name.lower(): value for name, value in altegio.environment.items()}
    bridge.configure(**environment, altegio_company_id=str(COMPANY), reconcile_interval_seconds=60)
    look(bridge)
    bridge.execute("UPDATE altegio_looks SET began_at = now() - interval '1 day'")
    return bridge


def look(bridge: Bridge) -> int:
    """As if the interval were over; then everything that was found is decided and issued."""
    bridge.execute("UPDATE altegio_looks SET next_look_at = now()")
    found = catch_up(bridge.services)
    bridge.decide_open()
    bridge.issue()
    return found


class TestRecords:
    def test_a_visit_nobody_told(self, looking: Bridge, altegio: AltegioControl, simulator: SimulatorControl) -> None:
        altegio.apply(known_visit(changed=stamp(-60)), known_payment(1, 4000, changed=stamp(-60)))
        assert look(looking) == 2
        (receipt,) = simulator.receipts()
        assert (receipt["external_check_number"], receipt["payments"]) == (
            "altegio_1001",
            [{"type": CASH, "sum": "4000.00"}],
        )
        assert {row.source for row in looking.rows()} == {"catch_up"}

    def test_a_visit_in_words_that_no_column_can_hold(
        self, looking: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        """The webhook of such a visit is refused; what Altegio shows is cleaned, and the receipt made."""
        words = {"comment": "ка\x00к", "services": [{"title": "Стрижка \ud83d", "cost": 4000}]}
        altegio.apply(known_visit(changed=stamp(-60), **words), known_payment(1, 4000, changed=stamp(-60)))
        assert look(looking) == 2
        (receipt,) = simulator.receipts()
        assert receipt["positions"][0]["name"].startswith("Стрижка")

    def test_what_was_told_is_known(self, looking: Bridge, altegio: AltegioControl) -> None:
        told = [known_visit(changed=stamp(-60)), known_payment(1, 4000, changed=stamp(-60))]
        altegio.apply(*told)
        looking.deliver(*told)
        assert look(looking) == 0

    def test_a_look_twice_finds_once(self, looking: Bridge, altegio: AltegioControl, simulator: SimulatorControl) -> None:
        altegio.apply(known_visit(changed=stamp(-60)), known_payment(1, 4000, changed=stamp(-60)))
        look(looking)
        assert look(looking) == 0
        assert len(simulator.receipts()) == 1

    def test_a_change_nobody_told(self, looking: Bridge, altegio: AltegioControl) -> None:
        first = [known_visit(changed=stamp(-600)), known_payment(1, 4000, changed=stamp(-600))]
        altegio.apply(*first)
        looking.deliver(*first)
        altegio.apply(known_visit(status="delete", changed=stamp(-60)))
        look(looking)
        assert looking.receipt().return_due_reason == "the record was deleted, payments of 4000.00 ₸ are in force"

    def test_a_webhook_that_comes_after_all(
        self, looking: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        late = known_visit(changed=stamp(-60))
        altegio.apply(late, known_payment(1, 4000, changed=stamp(-60)))
        look(looking)
        looking.deliver(late)
        assert len(simulator.receipts()) == 1
        assert {row.state for row in looking.rows()} <= {"processed", "ignored"}

    def test_many_pages(self, looking: Bridge, altegio: AltegioControl) -> None:
        altegio.apply(*(known_visit(number, paid=0, changed=stamp(-number)) for number in range(1, 121)))
        assert look(looking) == 120
        assert [row.state for row in looking.rows()] == ["awaiting_payment"] * 120

    def test_what_was_paid_before_the_bridge_is_not_its_business(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        environment = {name.lower(): value for name, value in altegio.environment.items()}
        altegio.apply(known_visit(changed=stamp(-60)), known_payment(1, 4000, changed=stamp(-60)))
        bridge.configure(**environment, altegio_company_id=str(COMPANY))
        assert (look(bridge), look(bridge)) == (0, 0)
        assert simulator.receipts() == []

    def test_a_salon_that_only_posted_is_looked_at_since_its_first_visit(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        environment = {name.lower(): value for name, value in altegio.environment.items()}
        bridge.configure(**environment)
        bridge.deliver(visit(1, paid=0))
        altegio.apply(known_visit(2, changed=stamp(5)), known_payment(1, 4000, record_id=2, changed=stamp(5)))
        look(bridge)
        assert [one["external_check_number"] for one in simulator.receipts()] == ["altegio_2"]

    def test_who_is_asked_about(self, bridge: Bridge, altegio: AltegioControl) -> None:
        environment = {name.lower(): value for name, value in altegio.environment.items()}
        bridge.configure(**environment)
        altegio.apply(known_visit(1), known_payment(1, 4000, record_id=1))
        bridge.deliver(visit(1))
        bridge.execute("INSERT INTO cashboxes (unique_number, company_id) VALUES ('SWK00000002', 777)")
        bridge.deliver(visit(2, company=999))
        with note_statements(bridge.services) as seen:
            assert find_salons(bridge.services.sessions, bridge.services.settings) == [777, COMPANY]
        (question,) = (each for each in seen if "RECURSIVE" in each[0])
        assert "Seq Scan" not in explain(bridge.services, *question)


class TestLedger:
    def test_goods_whose_every_webhook_was_lost(
        self, looking: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        altegio.apply(known_goods(1, 900, changed=stamp(-60)), paid_for_goods(5, 900, changed=stamp(-60)))
        look(looking)
        assert [one["external_check_number"] for one in simulator.receipts()] == ["altegio_goods_5001"]

    def test_another_till_that_nobody_told(self, looking: Bridge, altegio: AltegioControl) -> None:
        first = [known_visit(changed=stamp(-600)), known_payment(1, 4000, changed=stamp(-600))]
        altegio.apply(*first)
        looking.deliver(*first)
        altegio.apply(known_payment(1, 4000, cash=False, till="Halyk", changed=stamp(-60)))
        look(looking)
        assert "card 4000.00" in (looking.receipt().return_due_reason or "")

    @pytest.mark.parametrize("has_no_way", [False, True])
    def test_a_payment_that_became_an_expense_and_nobody_told(
        self, looking: Bridge, altegio: AltegioControl, has_no_way: bool
    ) -> None:
        """Only its way changed. One that was noted before ways were kept is known."""
        first = [known_visit(changed=stamp(-600)), known_payment(1, 4000, changed=stamp(-600))]
        altegio.apply(*first)
        looking.deliver(*first)
        if has_no_way:
            looking.execute("UPDATE payment_records SET is_outgo = NULL")
        altegio.apply(known_payment(1, 4000, expense=REFUND, changed=stamp(-60)))
        assert look(looking) == (0 if has_no_way else 1)
        assert bool(looking.receipt().return_due_reason) is not has_no_way

    @pytest.mark.parametrize(
        ("amount", "item", "label"),
        [(-50000, "Инкассация", "Cash taken out"), (5000, "Размен", "Cash put in")],
    )
    def test_cash_that_was_moved_and_nobody_told(
        self, looking: Bridge, altegio: AltegioControl, amount: int, item: str, label: str
    ) -> None:
        """The list does not say which account is a till; the list of accounts does."""
        expense = {"id": 71, "title": item, "type": 1 if amount < 0 else 7}
        apart = {"record_id": 0, "visit_id": 0, "document_id": 0, "sold_item_id": 0, "sold_item_type": None}
        altegio.apply(known_payment(1, amount, expense=expense, changed=stamp(-60), **apart))
        look(looking)
        with looking.services.sessions() as session:
            (offer,) = list_offers(session, EVERYWHERE)
        assert (offer.label.msgid, offer.amount) == (label, abs(amount))

    def test_a_payment_of_goods_taken_back_and_nobody_told(self, looking: Bridge, altegio: AltegioControl) -> None:
        first = [known_goods(1, 900, changed=stamp(-600)), paid_for_goods(5, 900, changed=stamp(-600))]
        altegio.apply(*first)
        looking.deliver(*first)
        assert looking.receipt().state == "issued"
        altegio.apply(paid_for_goods(5, 900, status="delete", changed=stamp(-60)))
        look(looking)
        assert looking.receipt().return_due_reason == "the payment was taken back in Altegio"

    def test_without_the_right_to_the_ledger_records_are_looked_at(
        self, looking: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        altegio.settings(no_rights=["transactions"])
        altegio.apply(known_visit(changed=stamp(-60)), known_payment(1, 4000, changed=stamp(-60)))
        assert look(looking) == 1
        assert len(simulator.receipts()) == 1


class TestLooks:
    def test_two_beats_look_once(self, looking: Bridge, altegio: AltegioControl) -> None:
        looking.execute("UPDATE altegio_looks SET next_look_at = now()")
        before = altegio.calls().count("records")
        catch_up(looking.services)
        catch_up(looking.open_services())
        assert altegio.calls().count("records") == before + 1

    def test_a_failed_look_is_repeated_and_loses_nothing(
        self, looking: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        altegio.apply(known_visit(changed=stamp(-60)), known_payment(1, 4000, changed=stamp(-60)))
        altegio.fault(operation="records", kind="500")
        look(looking)
        look(looking)
        assert len(simulator.receipts()) == 1

    def test_a_look_overlaps_the_one_before(
        self, looking: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        look(looking)
        overlap = OVERLAP.total_seconds()
        altegio.apply(known_visit(changed=stamp(10 - overlap)), known_payment(1, 4000, changed=stamp(10 - overlap)))
        look(looking)
        assert len(simulator.receipts()) == 1

    def test_without_tokens_nobody_is_asked(self, bridge: Bridge, altegio: AltegioControl) -> None:
        bridge.configure(altegio_company_id=str(COMPANY))
        assert (catch_up(bridge.services), altegio.calls()) == (0, [])


OURS = "https://receipts.example.kz/api/webhook/secret"
SETTINGS: dict[str, Any] = {
    "urls": [OURS],
    "active": 1,
    "record": 1,
    "finances_operation": 1,
    "goods_operations_sale": 1,
}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({}, None, id="in-order"),
        pytest.param({"active": "1", "record": True}, None, id="other-spellings"),
        pytest.param({"urls": ["https://other.example/hook"]}, "gone", id="wiped"),
        pytest.param({"urls": ["https://old.example.kz/api/webhook/x"]}, "gone", id="an-old-host-of-ours"),
        pytest.param({"urls": []}, "gone", id="empty"),
        pytest.param({"active": 0}, "switched off", id="inactive"),
        pytest.param({"finances_operation": 0}, "finances_operation", id="no-payments"),
    ],
)
def test_hook_settings(changes: dict[str, Any], words: str | None) -> None:
    problem = find_hook_problem(SETTINGS | changes, "https://receipts.example.kz/")
    assert (words in problem) if words and problem else (problem is words)


def check(bridge: Bridge) -> None:
    check_hooks(bridge.services.sessions, bridge.services.settings, bridge.services.altegio)


class TestHookCheck:
    def test_once_a_day_and_sooner_while_it_is_wrong(self, looking: Bridge, altegio: AltegioControl) -> None:
        altegio.open(urls=["https://other.example/hook"])
        check(looking)
        check(looking)
        assert altegio.calls().count("hooks") == 1
        assert looking.scalar("SELECT count(*) FROM alerts WHERE kind = 'hook_lost' AND cleared_at IS NULL") == 1
        altegio.open(urls=[OURS])
        looking.execute("UPDATE altegio_looks SET next_look_at = next_look_at - interval '1 hour'")
        check(looking)
        assert altegio.calls().count("hooks") == 2
        assert looking.scalar("SELECT count(*) FROM alerts WHERE cleared_at IS NULL") == 0
        looking.execute("UPDATE altegio_looks SET next_look_at = next_look_at - interval '1 hour'")
        check(looking)
        assert altegio.calls().count("hooks") == 2
