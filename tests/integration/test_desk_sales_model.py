"""A sale paid at the desk, and any sequence of webhooks: none returns it, even where returns need no manager."""

import os
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from api.acquire.payment.take import Taken, take_payment
from dev.harness.altegio import AltegioControl
from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.desk import CASHIER
from tests.support.payloads import payment, visit
from worker.issue.make_return import make_return
from worker.rounds.rescue import dispatch

EXAMPLES = {"quick": 6, "thorough": 150}
SALE = 2
REFUND = {"id": 12, "title": "Возврат клиенту", "type": 1}
INCOME = {"id": 5, "title": "Оказание услуг", "type": 7}
NAMED = {"date": "2026-03-02T12:00:00+0500", "document_id": 0, "sold_item_type": "service", "sold_item_id": 1}
WORDS: dict[str, dict[str, Any]] = {
    "unpaid": {"paid": 0},
    "paid": {"paid": 1},
    "repriced": {"paid": 0, "cost": 9000},
    "emptied": {"paid": 0, "services": []},
    "deleted": {"paid": 0, "status": "delete"},
}
MONEY: dict[str, tuple[int, dict[str, Any]]] = {
    "booked": (4000, {"expense": INCOME}),
    "taken back": (4000, {"expense": INCOME, "status": "delete"}),
    "lowered": (1000, {"expense": INCOME, "status": "update"}),
    "refunded": (-4000, {"expense": REFUND, "status": "update"}),
    "moved": (4000, {"expense": INCOME, "status": "update", "record_id": 2002}),
}


class Machine(RuleBasedStateMachine):
    def __init__(self, bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl) -> None:
        super().__init__()
        self.bridge, self.altegio, self.simulator = bridge, altegio, simulator
        simulator.reset()
        altegio.reset()
        bridge.wipe()
        altegio.open()
        tokens = {name.lower(): value for name, value in altegio.environment.items()}
        bridge.configure(**tokens, return_policy="auto", return_delay_seconds=0)
        self.seconds = 0
        self.say("unpaid", is_true=True, is_stale=False)
        bridge.execute("INSERT INTO staff_users (login, role, password_hash) VALUES ('aigerim', 'cashier', '-')")
        typed = {"method": "card", "form_key": str(uuid4())}
        taken = take_payment(bridge.services.sessions, 1, CASHIER, typed)
        assert isinstance(taken, Taken)
        self.work()
        assert bridge.receipt().state == "issued"

    @rule(word=st.sampled_from(sorted(WORDS)), is_true=st.booleans(), is_stale=st.booleans())
    def say(self, word: str, is_true: bool, is_stale: bool) -> None:
        """Of the visit. What is not true is told by the webhook only; what is stale has an old stamp."""
        self._tell(visit(changed=self._stamp(is_stale), visit_id=1002, **WORDS[word]), is_true)

    @rule(word=st.sampled_from(sorted(MONEY)), operation=st.sampled_from([1, 2]), is_true=st.booleans())
    def move_money(self, word: str, operation: int, is_true: bool) -> None:
        amount, told = MONEY[word]
        self._tell(payment(operation, amount, changed=self._stamp(is_stale=False), **{**NAMED, **told}), is_true)

    @rule()
    def work(self) -> None:
        self.bridge.pass_time()
        self.bridge.decide_open()
        dispatch(self.bridge.services)
        for order_id in range(1, int(self.bridge.scalar("SELECT count(*) FROM return_orders")) + 1):
            make_return(self.bridge.services.sessions, order_id)
        self.bridge.issue()

    @invariant()
    def nothing_is_returned(self) -> None:
        of_the_desk = [row for row in self.simulator.receipts() if row["external_check_number"].startswith("altegio_1001")]
        assert [row["operation_type"] for row in of_the_desk] in ([], [SALE])
        assert self.bridge.scalar("SELECT count(*) FROM return_orders") == 0

    def teardown(self) -> None:
        self.work()
        self.nothing_is_returned()

    def _stamp(self, is_stale: bool) -> str:
        self.seconds += 1
        return f"2026-03-02T{11 if is_stale else 12}:{self.seconds // 60:02}:{self.seconds % 60:02}+0500"

    def _tell(self, envelope: dict[str, Any], is_true: bool) -> None:
        if is_true:
            self.altegio.apply(envelope)
        self.bridge.accept(envelope)
        self.bridge.decide_open()


def test_no_sequence_of_webhooks_alone_returns_a_desk_sale(
    bridge: Bridge, altegio: AltegioControl, simulator: SimulatorControl
) -> None:
    run_state_machine_as_test(
        lambda: Machine(bridge, altegio, simulator),
        settings=settings(
            max_examples=EXAMPLES[os.environ.get("HYPOTHESIS_PROFILE", "quick")],
            stateful_step_count=12,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
