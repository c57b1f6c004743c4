"""Deliveries, payments, faults, crashes, replays and returns in any order: the ledger against a model of ten lines.

A crash is a worker process that is killed (-9) while it waits for Webkassa or for the database. Time is moved in the rows
(leases, retries), never waited for.
"""

import base64
import contextlib
import json
import multiprocessing
import os
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule, run_state_machine_as_test
from sqlalchemy import text
from sqlalchemy.orm import Session

from api.acquire.payment.take import Taken, take_payment
from api.acquire.words.text import Refused
from dev.demo.waiting import WaitTimeout, wait_until
from dev.harness.register import Register
from dev.harness.simulator import SimulatorControl
from shared.queue import ISSUE_RECEIPTS, MAKE_RETURN, PROCESS_RECORD
from shared.redis_keys import PREFIX
from shared.replay import replay
from shared.storage.models import Receipt, WebhookRecord
from tests.support.bridge import Bridge, read_settings
from tests.support.desk import CASHIER
from tests.support.effort import PROFILE
from tests.support.payloads import payment, visit
from worker.decide.process_record import process_record
from worker.issue.issue_due import issue_due
from worker.issue.make_return import make_return
from worker.rounds.rescue import dispatch, follow_up
from worker.services import create_services

EXAMPLES = {"quick": 8, "thorough": 300}
STEPS = 40
FIRST_RECORDS = (1001, 1002, 1003)
COST, OTHER_COST = 4000, 5000
SALE, RETURN = 2, 3
# Refusals (429, code 9) come before anything is recorded: that they say so is all that can be built on.
FAULTS = (
    ("drop", "before", 0),
    ("drop", "after", 0),
    ("truncated", "before", 0),
    ("truncated", "after", 0),
    ("code", "before", -1),
    ("code", "after", -1),
    ("code", "before", 14),
    ("code", "after", 14),
    ("code", "before", 9),
    ("429", "before", 0),
)
# Others of this database that are in the middle of something.
COUNT_BUSY = (
    "SELECT count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend' AND state <> 'idle'"
)
# Numbers of ours: the visit, a sale anew after a return, a return.
NUMBER = re.compile(r"altegio_(\d+)(?:_\d+)?(?:_r\d+)?")
SETTLE_ROUNDS = 15
# As many as Webkassa is asked for when the answer of a sale was lost.
MOST_SHIFTS = 8
MOST_PAUSES = 2

picks = st.integers(0, 50)
changes = st.sampled_from(["pay", "book", "pay", "pay", "reprice", "unpay", "delete"])
seldom = st.sampled_from([False, False, False, True])
# A process from a clean, single-threaded parent: it costs a fork, and may be killed.
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["worker.entry.tasks", "hypothesis.stateful", "pytest"])


@dataclass(frozen=True)
class Edit:
    """What Altegio says of a record (or of one of its payments, `operation`) from a moment on; moments never repeat."""

    record: int
    moment: int
    counts: bool
    amount: int
    status: str = "update"
    operation: int | None = None

    def as_body(self) -> dict[str, Any]:
        changed = f"2026-03-02T12:{self.moment // 60:02}:{self.moment % 60:02}+0500"
        if self.operation is None:
            return visit(self.record, self.amount, status=self.status, paid=int(self.counts), changed=changed)
        return payment(self.operation, self.amount, record_id=self.record, status=self.status, changed=changed)


@dataclass
class Model:
    """The whole truth about what is due: the newest word on a record counts, and payments, where known, add up to it."""

    newest: dict[tuple[int, int | None], Edit] = field(default_factory=dict)
    ever_due: set[int] = field(default_factory=set)
    # Taken at our desk, by visit: due whatever Altegio says of payment.
    desk: dict[int, int] = field(default_factory=dict)

    def hear(self, edit: Edit) -> None:
        known = self.newest.get((edit.record, edit.operation), edit)
        self.newest[edit.record, edit.operation] = max(known, edit, key=lambda each: each.moment)
        self.ever_due |= {number for (number, _), each in self.newest.items() if not each.operation and each.counts}

    def pay_at_desk(self, record: int, amount: int) -> None:
        self.desk[record] = amount
        self.ever_due.add(record)

    def is_due(self, record: int) -> bool:
        edit = self.newest.get((record, None))
        if record in self.desk:
            return edit is not None and edit.amount == self.desk[record]
        money = sum(each.amount for each in self.newest.values() if each.record == record and each.operation and each.counts)
        return edit is not None and edit.counts and money in (0, edit.amount)


def run_task(environment: Mapping[str, str], task: str, number: int) -> None:
    """In a process of its own, as a worker would."""
    {"decide": process_record, "issue": issue_due}[task](create_services(read_settings(environment)), number)


class Machine(RuleBasedStateMachine):
    def __init__(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        super().__init__()
        self.bridge, self.simulator, self.register = bridge, simulator, Register(simulator)
        simulator.reset()
        bridge.wipe()
        bridge.execute("INSERT INTO staff_users (login, password_hash, role) VALUES ('manager', '-', 'manager')")
        self.model = Model()
        self.records = list(FIRST_RECORDS)
        self.moment = self.operations = self.reports = self.settled = 0
        self.posted: list[Edit] = []
        self.late: list[Edit] = []
        self.returns: set[int] = set()

    # --- Altegio

    @initialize(
        scope=st.sampled_from(["cashbox", "shift"]),
        changes=st.lists(st.tuples(picks, changes, seldom), min_size=3, max_size=8),
    )
    def open_salon(self, scope: str, changes: list[tuple[int, str, bool]]) -> None:
        """`scope`: where Webkassa's numbers are unique."""
        self.simulator.settings(scope=scope)
        for change in changes:
            self.change_visit(*change)

    @rule(pick=picks, change=changes, is_late=seldom)
    def change_visit(self, pick: int, change: str, is_late: bool) -> None:
        self._change(self._pick_record(pick), change, is_late)

    def _change(self, record: int, change: str, is_late: bool) -> None:
        status = {"book": "create", "delete": "delete"}.get(change, "update")
        amount = OTHER_COST if change == "reprice" else COST
        self._say(Edit(record, self._tick(), change in ("pay", "reprice"), amount, status), is_late)

    @rule(pick=picks, amount=st.sampled_from([COST, COST, COST // 2]), is_late=seldom)
    def take_money(self, pick: int, amount: int, is_late: bool) -> None:
        self.operations += 1
        self._say(Edit(self._pick_record(pick), self._tick(), True, amount, "create", self.operations), is_late)

    @precondition(lambda self: self.operations)
    @rule(pick=picks, is_late=seldom)
    def give_money_back(self, pick: int, is_late: bool) -> None:
        taken = [edit for edit in (*self.posted, *self.late) if edit.operation]
        edit = taken[pick % len(taken)]
        self._say(Edit(edit.record, self._tick(), False, edit.amount, "delete", edit.operation), is_late)

    @precondition(lambda self: self.late or self.posted)
    @rule(pick=picks)
    def arrive(self, pick: int) -> None:
        """What was held back; or, when nothing is, what came before comes once more."""
        self._post(self.late.pop(pick % len(self.late)) if self.late else self.posted[pick % len(self.posted)])

    def _pick_record(self, pick: int) -> int:
        return self.records[pick % len(self.records)]

    def _pay_a_new_visit(self) -> None:
        self.records.append(self.records[-1] + 1)
        self._change(self.records[-1], "pay", is_late=False)

    def _tick(self) -> int:
        self.moment += 1
        return self.moment

    def _say(self, edit: Edit, is_late: bool) -> None:
        if is_late:
            self.late.append(edit)
        else:
            self._post(edit)

    def _post(self, edit: Edit) -> None:
        assert self.bridge.accept(edit.as_body()).accepted
        self.posted.append(edit)
        self.model.hear(edit)

    @precondition(lambda self: self.posted)
    @rule(pick=picks)
    def pay_at_desk(self, pick: int) -> None:
        """Of a visit that is shown as open; Altegio never learns of it."""
        self.work()
        open_ = self.bridge.scalar("SELECT array_agg(id ORDER BY id) FROM visits WHERE is_open AND NOT is_deleted")
        if not open_:
            return
        typed = {"method": "card", "form_key": str(uuid4())}
        try:
            taken = take_payment(self.bridge.services.sessions, open_[pick % len(open_)], CASHIER, typed)
        except Refused:
            return
        assert isinstance(taken, Taken)
        record, total = self.bridge.scalar(
            "SELECT ARRAY[record_id, total::bigint] FROM visits WHERE id = :id", id=taken.visit_id
        )
        self.model.pay_at_desk(record, total)

    # --- workers, in any order

    @precondition(lambda self: self.posted)
    @rule(step=st.sampled_from(["decide", "issue", "beat", "records", "receipts", "time", "wipe"]), pick=picks)
    def step(self, step: str, pick: int) -> None:
        match step:
            case "decide":
                self._decide(self._pick_row(pick))
            case "issue":
                self.bridge.issue()
            case "beat":
                dispatch(self.bridge.services)
            case "time":
                self._pass_time()
            case "wipe":
                self.bridge.services.redis.flushdb()
            case queue:
                self._consume(queue)

    @rule()
    def work(self) -> None:
        """Everything that is ready, as when nothing is wrong."""
        self.bridge.decide_open()
        self.bridge.issue()

    def _pass_time(self) -> None:
        """Leases of killed workers run out, retries are due, the broker's short-lived keys are gone."""
        self.bridge.pass_time()
        past = "now() - interval '1 minute'"
        # Long enough for what Webkassa calls issued and shows nowhere.
        self.bridge.execute("UPDATE receipts SET budget_starts_at = budget_starts_at - interval '11 minutes'")
        self.bridge.execute(f"UPDATE cashboxes SET paused_until = NULL, lease_until = {past} WHERE claim_id IS NOT NULL")
        self.bridge.execute(f"UPDATE webhook_records SET lease_until = {past} WHERE claim_id IS NOT NULL")
        self.bridge.execute(f"UPDATE return_orders SET created_at = {past}")
        for key in self.bridge.services.redis.keys(f"{PREFIX}webkassa:[rb][er]*"):  # who logs in, the breaker
            self.bridge.services.redis.delete(key)

    def _pick_row(self, pick: int) -> int:
        rows = self.bridge.rows()
        return int(rows[pick % len(rows)].id)

    def _decide(self, row_id: int) -> None:
        resolution = self.bridge.decide(row_id)
        if resolution is not None:
            follow_up(self.bridge.services.sessions, self.bridge.services.producer, row_id, resolution)

    def _consume(self, queue: str) -> bool:
        """The task of the oldest message, as `worker.entry.tasks` has it. False when the queue is empty."""
        raw = self.bridge.services.redis.rpop(queue)
        if raw is None:
            return False
        message = json.loads(raw)
        ((number,), *_) = json.loads(base64.b64decode(message["body"]))
        tasks = {PROCESS_RECORD: self._decide, MAKE_RETURN: self._make_return, ISSUE_RECEIPTS: self._issue_at}
        tasks[message["headers"]["task"]](number)
        return True

    def _make_return(self, order_id: int) -> None:
        make_return(self.bridge.services.sessions, order_id)

    def _issue_at(self, cashbox_id: int) -> None:
        issue_due(self.bridge.services, cashbox_id)

    # --- what breaks

    @rule(
        operation=st.sampled_from(["check", "check", "check", "z_report", "shift_history"]),
        fault=st.sampled_from(FAULTS),
    )
    def spoil_a_call(self, operation: str, fault: tuple[str, str, int]) -> None:
        self._pay_a_new_visit()
        kind, when, code = fault
        self.simulator.fault(operation=operation, kind=kind, code=code, when=when)
        self.work()

    @rule(when=st.sampled_from(["before", "after"]))
    def kill_worker_at_webkassa(self, when: str) -> None:
        """While it waits for an answer: Webkassa has done what was asked, or never will."""
        self._pay_a_new_visit()
        self.bridge.decide_open()
        cashbox_id = self.bridge.scalar("SELECT min(id) FROM cashboxes")
        if cashbox_id is None:
            return
        fault = self.simulator.fault(operation="any", kind="slow", when=when, seconds=60)

        def is_hit() -> bool:
            return any(each["id"] == fault and each["hits"] for each in self.simulator.faults())

        self._kill_when(is_hit, "issue", cashbox_id)
        # The lease of the dead worker is longer than the register is at work.
        wait_until(lambda: all(entry["outcome"] for entry in self.simulator.journal()), timeout=10, what="the register")
        self.simulator.clear_faults()

    @precondition(lambda self: self.posted)
    @rule(task=st.sampled_from(["decide", "issue"]), pick=picks)
    def kill_worker_at_database(self, task: str, pick: int) -> None:
        """After it has committed its claim, and nothing else."""
        if task == "decide":
            waiting = [row.id for row in self.bridge.rows() if row.state == "received"]
            number = waiting[pick % len(waiting)] if waiting else None
        else:
            number = self.bridge.scalar("SELECT min(cashbox_id) FROM receipts WHERE state IN ('pending', 'unknown')")
        if number is None:
            return
        with self.bridge.services.sessions() as session:
            session.execute(text("LOCK TABLE receipts, visits, payment_records IN ACCESS EXCLUSIVE MODE"))
            self._kill_when(lambda: is_anybody_waiting(session), task, number)
        wait_until(lambda: self.bridge.scalar(COUNT_BUSY) == 0, timeout=10, what="PostgreSQL to notice", poll=0.01)

    def _kill_when(self, is_time: Any, task: str, number: int) -> None:
        worker = processes.Process(target=run_task, args=(self.bridge._environment, task, number))
        worker.start()
        try:
            # Later is as good a moment to die as that one: a crash may come anywhere.
            with contextlib.suppress(WaitTimeout):
                wait_until(lambda: is_time() or not worker.is_alive(), timeout=10, what="the worker", poll=0.01)
        finally:
            worker.kill()
            worker.join()
            worker.close()

    # --- the cashbox and the people

    @precondition(lambda self: self.reports < MOST_SHIFTS)
    @rule(is_old=st.booleans())
    def end_shift(self, is_old: bool) -> None:
        """By hand in the cabinet; or nobody did for a day, and the next receipt is refused for it."""
        cashbox = self.simulator.state()["cashboxes"][0]
        if not cashbox["open"]:
            return
        self.reports += 1
        if is_old:
            self.simulator.clock(advance_seconds=86_500)
        else:
            self.simulator.clear_faults()  # they are meant for the bridge's own calls
            self.register.z_report()

    @precondition(lambda self: self.posted)
    @rule(pick=picks)
    def replay(self, pick: int) -> None:
        services = self.bridge.services
        replay(services.sessions, services.producer, services.redis, self._pick_row(pick), actor="test", reason="test")

    @rule(pick=picks)
    def order_return(self, pick: int) -> None:
        sales = [receipt for receipt in self.bridge.receipts() if receipt.kind == "sale" and receipt.state == "issued"]
        if not sales:
            return
        sale = sales[pick % len(sales)]
        self.returns.add(int(sale.record_id))
        self.bridge.execute(
            "INSERT INTO return_orders (receipt_id, staff_user_id, form_key, reason, lines, state) "
            "VALUES (:receipt, 1, gen_random_uuid(), 'test', '[]', 'requested')",
            receipt=sale.id,
        )

    # --- what has to be true

    @invariant()
    def ledger_is_right(self) -> None:
        ledger = self.simulator.receipts()
        times = Counter(row["external_check_number"] for row in ledger)
        assert not [number for number, count in times.items() if count > 1], "doubled"
        for record in self.records:
            assert 0 <= self._count_live(ledger, record) <= 1, record
        assert {find_record(row) for row in ledger} <= self.model.ever_due
        recorded = {row["external_check_number"]: (row["check_number"], Decimal(row["total"])) for row in ledger}
        receipts = self.bridge.receipts()
        for receipt in receipts:
            if receipt.state == "issued":
                assert recorded.get(receipt.external_check_number) == (receipt.fiscal_number, receipt.total)
        assert set(recorded) <= {receipt.external_check_number for receipt in receipts}
        returned = {find_record(row) for row in ledger if row["operation_type"] == RETURN}
        assert returned <= self.returns, "returned by webhooks alone"

    @invariant()
    def one_is_to_be_asked_for(self) -> None:
        """Whatever was killed: of one receipt at most nobody knows whether its call left."""
        assert self.bridge.scalar("SELECT count(*) FROM receipts WHERE sending_since IS NOT NULL") <= 1

    @precondition(lambda self: self.settled < MOST_PAUSES)
    @rule()
    def settle(self) -> None:
        """Faults end, time passes, and nobody but beat and the workers does anything."""
        self.settled += 1
        self.simulator.clear_faults()
        for _ in range(SETTLE_ROUNDS):
            self._pass_time()
            dispatch(self.bridge.services)
            while self._consume("records") or self._consume("receipts"):
                self.ledger_is_right()
            if not self._find_open():
                break
        assert self._find_open() == []
        assert self.simulator.state()["overlaps"] == 0
        for record in self.records:
            self._check_settled(record)

    def teardown(self) -> None:
        self.settle()

    def _find_open(self) -> list[str]:
        rows = [
            f"delivery {row.id} of {row.resource_id} is {row.state}: {row.reason}"
            for row in self.bridge.rows()
            if row.state in ("received", "processing", "retrying")
        ]
        return rows + [
            f"{receipt.external_check_number} is {receipt.state}: {receipt.error_text}"
            for receipt in self.bridge.receipts()
            if receipt.state in ("pending", "unknown") and not self._is_given_up(receipt)
        ]

    def _is_given_up(self, receipt: Receipt) -> bool:
        """A return has no delivery: the payment page shows it to the manager who ordered it."""
        if receipt.next_attempt_at is not None or not receipt.error_text:
            return False
        dead = [row for row in self.bridge.rows() if row.receipt_id == receipt.id and is_dead(row)]
        return bool(dead) or receipt.kind == "return"

    def _check_settled(self, record: int) -> None:
        if not self.model.is_due(record) or record in self.returns:
            return
        ledger = self.simulator.receipts()
        rows = [row for row in self.bridge.rows() if row.resource == "record" and row.resource_id == record]
        newest = max(rows, key=lambda row: row.changed_at or row.created_at)
        wanted = Decimal(self.model.newest[record, None].amount)
        if record in self.model.desk:
            wanted = Decimal(self.model.desk[record])
        live = [Decimal(row["total"]) for row in ledger if find_record(row) == record]
        assert live == [wanted] or is_dead(newest), f"{record}: {live}, {newest.state}: {newest.reason}"

    def _count_live(self, ledger: list[dict[str, Any]], record: int) -> int:
        ours = Counter(row["operation_type"] for row in ledger if find_record(row) == record)
        return ours[SALE] - ours[RETURN]


def find_record(row: Mapping[str, Any]) -> int:
    found = NUMBER.fullmatch(row["external_check_number"])
    assert found is not None, row["external_check_number"]
    return int(found[1])


def is_dead(row: WebhookRecord) -> bool:
    return row.state == "dead_lettered" and bool(row.reason and row.error_code)


def is_anybody_waiting(session: Session) -> bool:
    waiting = "SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database WHERE NOT granted"
    return bool(session.scalar(text(f"{waiting} AND datname = current_database()")))


@pytest.mark.thorough
@pytest.mark.skipif("MODEL_CHECK" not in os.environ, reason="minutes of killed processes; run it with: make model")
@pytest.mark.deadline(7200)
def test_whatever_happens_in_whatever_order(bridge: Bridge, simulator: SimulatorControl) -> None:
    run_state_machine_as_test(
        lambda: Machine(bridge, simulator),
        settings=settings(
            max_examples=EXAMPLES[PROFILE],
            stateful_step_count=STEPS,
            derandomize=True,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
