"""Altegio is asked like a witness: it may not know yet, answer from a copy that is behind, or refuse an empty list."""

from typing import Any

import pytest

from dev.harness.altegio import AltegioControl
from dev.harness.simulator import SimulatorControl
from dev.simulator.altegio.ledgers import SERVICE_INCOME
from tests.support.bridge import Bridge
from tests.support.payloads import COMPANY, T0, T1, T2, T3, payment, visit
from worker.rounds.missed_webhooks import catch_up
from worker.rounds.watch.conditions import observe


@pytest.fixture(autouse=True)
def _patient(bridge: Bridge, altegio: AltegioControl) -> None:
    tokens = {name.lower(): value for name, value in altegio.environment.items()}
    bridge.configure(**tokens, altegio_patience_seconds=600, altegio_company_id=str(COMPANY))


def known_visit(**fields: Any) -> dict[str, Any]:
    return visit(**{"visit_id": 1002, **fields})


def known_payment(operation_id: int, amount: int, **fields: Any) -> dict[str, Any]:
    given = {"date": "2026-03-02T12:00:00+0500", "document_id": 0, "sold_item_id": 1, "sold_item_type": "service"}
    return payment(operation_id, amount, **{**given, "expense": SERVICE_INCOME, **fields})


def grow_old(bridge: Bridge, minutes: int = 11) -> None:
    bridge.execute(
        f"UPDATE webhook_records SET created_at = created_at - interval '{minutes} min', next_attempt_at = now()"
        " WHERE state NOT IN ('processed', 'ignored')"
    )
    bridge.execute(f"UPDATE payment_records SET created_at = created_at - interval '{minutes} min'")


class TestNotThereYet:
    def test_a_young_visit_is_asked_for_again(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        (row,) = bridge.deliver(visit(changed=T1))
        assert (row.state, row.error_code) == ("retrying", "not_in_altegio")
        altegio.apply(known_visit(changed=T1), known_payment(1, 4000))
        bridge.decide(1)
        bridge.issue()
        assert len(simulator.receipts()) == 1

    def test_after_ten_minutes_it_is_taken_for_forged(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        bridge.deliver(visit(changed=T1))
        grow_old(bridge)
        bridge.decide(1)
        assert (bridge.row().state, bridge.row().error_code) == ("dead_lettered", "not_in_altegio")
        assert simulator.receipts() == []

    def test_a_look_that_sees_it_wakes_it(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        bridge.deliver(visit(changed=T1))
        grow_old(bridge)
        bridge.decide(1)
        bridge.execute("INSERT INTO cashboxes (unique_number, created_at) VALUES ('SWK99999999', now())")
        bridge.execute(
            "INSERT INTO altegio_looks (company_id, what, began_at, looked_until) SELECT :company, what, '2026-01-01',"
            " '2026-01-01' FROM unnest(ARRAY['records', 'transactions']) AS what",
            company=COMPANY,
        )
        altegio.apply(known_visit(changed=T1), known_payment(1, 4000))
        catch_up(bridge.services)
        bridge.decide_open()
        bridge.issue()
        assert len(simulator.receipts()) == 1
        assert bridge.row().state == "processed"

    def test_its_payment_wakes_it(self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl) -> None:
        bridge.deliver(visit(changed=T1))
        grow_old(bridge)
        bridge.decide(1)
        told = [known_visit(changed=T1), known_payment(1, 4000)]
        altegio.apply(*told)
        bridge.deliver(told[1])
        bridge.decide_open()
        bridge.issue()
        assert len(simulator.receipts()) == 1


class TestAnswersThatAreBehind:
    def test_an_older_answer_is_asked_for_again(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        altegio.apply(known_visit(paid=0, changed=T0))
        bridge.deliver(visit(paid=1, changed=T1))
        assert (bridge.row().state, bridge.row().error_code) == ("retrying", "altegio")
        altegio.apply(known_visit(paid=1, changed=T1), known_payment(1, 4000))
        bridge.decide(1)
        bridge.issue()
        assert len(simulator.receipts()) == 1

    def test_for_an_hour_at_most(self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl) -> None:
        altegio.apply(known_visit(paid=0, changed=T0))
        bridge.deliver(visit(paid=1, changed=T1))
        grow_old(bridge, 61)
        bridge.decide(1)
        assert (bridge.row().state, bridge.row().error_code) == ("dead_lettered", "altegio_behind")
        assert simulator.receipts() == []

    def test_a_stamp_of_the_future_is_no_stamp_of_altegios(self, bridge: Bridge, altegio: AltegioControl) -> None:
        altegio.apply(known_visit(paid=0, changed=T0))
        bridge.deliver(visit(paid=1, changed="2099-01-01T00:00:00+0500"))
        assert bridge.row().state == "awaiting_payment"

    def test_a_list_that_lacks_a_payment_just_told_takes_nothing_back(
        self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
    ) -> None:
        first = [known_payment(1, 4000, changed=T0), known_visit(changed=T0)]
        altegio.apply(*first)
        bridge.deliver(*first)
        assert len(simulator.receipts()) == 1
        # The copy that is asked does not know the new payment, and the visit is told once more with another price.
        bridge.deliver(known_payment(2, 500, changed=T2))
        altegio.apply(known_visit(cost=4500, changed=T3))
        bridge.deliver(known_visit(cost=4500, changed=T3))
        # More money is told at once, whatever the list says; what the visit costs is decided with the money it knows.
        assert [row.state for row in bridge.rows()[2:]] == ["dead_lettered", "retrying"]
        assert [row.state for row in bridge.payments()] == ["active", "active"]
        altegio.apply(known_payment(2, 500, changed=T2))
        bridge.decide(4)
        assert bridge.receipt().return_due_reason is None
        assert {row.error_code for row in bridge.rows()[2:]} == {"difference"}


class TestLooks:
    def test_looks_that_keep_failing_are_told_within_the_hour(self, bridge: Bridge, altegio: AltegioControl) -> None:
        bridge.execute("INSERT INTO cashboxes (unique_number) VALUES ('SWK00000001')")
        catch_up(bridge.services)
        altegio.fault(operation="any", kind="500", times=None)
        late = "looked_until = now() - interval '50 min', created_at = now() - interval '2 hours'"
        bridge.execute(f"UPDATE altegio_looks SET {late}, next_look_at = now()")
        catch_up(bridge.services)
        (found,) = [one for one in observe(bridge.services).found if one.kind == "look_behind"]
        assert found.key == str(COMPANY)
        altegio.clear_faults()
        bridge.execute("UPDATE altegio_looks SET next_look_at = now()")
        catch_up(bridge.services)
        assert not [one for one in observe(bridge.services).found if one.kind == "look_behind"]
