"""A turn at a backlog: one receipt after another, each announced before it leaves, and no other meanwhile."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from sqlalchemy import text

from dev.demo.waiting import wait_until
from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.payloads import visit
from worker.cashbox.claim import CashboxClaim, ClaimLost, hold_cashbox
from worker.issue.turn import TURN_RECEIPTS, Turn
from worker.webkassa.breaker import FAILURES_TO_OPEN

LEASE = 5
FIRST, SECOND = "altegio_1001", "altegio_1002"


@pytest.fixture(autouse=True)
def _patience(bridge: Bridge) -> None:
    bridge.configure(webkassa_read_timeout=20)


@pytest.fixture(autouse=True)
def _one_at_most(bridge: Bridge) -> Iterator[None]:
    """The database itself refuses a second receipt under way at a cashbox, at whatever moment."""
    bridge.execute("CREATE UNIQUE INDEX one_under_way ON receipts (cashbox_id) WHERE sending_since IS NOT NULL")
    yield
    bridge.execute("DROP INDEX one_under_way")


def store_due(bridge: Bridge, count: int) -> list[str]:
    """Their external numbers, oldest first."""
    numbers = range(1001, 1001 + count)
    bridge.accept([visit(number) for number in numbers])
    bridge.decide_open()
    return [f"altegio_{number}" for number in numbers]


def sent(simulator: SimulatorControl) -> list[str]:
    return [entry["body"]["ExternalCheckNumber"] for entry in simulator.journal("check")]


def ledger(simulator: SimulatorControl) -> list[str]:
    return [row["external_check_number"] for row in simulator.receipts()]


def find_under_way(bridge: Bridge) -> list[int]:
    return [receipt.id for receipt in bridge.receipts() if receipt.sending_since is not None]


def assert_settled(bridge: Bridge) -> None:
    """Nothing is under way, and every attempt has its row."""
    assert find_under_way(bridge) == []
    for receipt in bridge.receipts():
        rows = [log for log in bridge.logs("check") if log.receipt_id == receipt.id]
        assert [log.attempt for log in rows] == list(range(1, receipt.attempts + 1))
    assert "pending" not in bridge.outcomes()


@contextmanager
def held(simulator: SimulatorControl, operation: str = "check", **fault: object) -> Iterator[None]:
    """The body runs while Webkassa holds the next call of that kind, which then ends as `fault` says."""
    simulator.fault(**{"operation": operation, "when": "before", "kind": "slow", "seconds": 60, **fault})
    wait_until(lambda: simulator.faults()[-1]["hits"], timeout=10, what="the call")
    yield
    simulator.clear_faults()


@contextmanager
def turn_under_way(bridge: Bridge) -> Iterator[None]:
    """The turn has ended when this has."""
    turn = threading.Thread(target=bridge.issue)
    turn.start()
    yield
    turn.join(30)
    assert not turn.is_alive()


def test_one_after_another(bridge: Bridge, simulator: SimulatorControl) -> None:
    numbers = store_due(bridge, 4)
    with turn_under_way(bridge), held(simulator):
        assert sent(simulator) == [FIRST]
        assert find_under_way(bridge) == [1]
        assert [r.attempts for r in bridge.receipts()] == [1, 0, 0, 0]
        assert bridge.outcomes() == ["pending"]
    assert sent(simulator) == ledger(simulator) == numbers
    assert {r.state for r in bridge.receipts()} == {"issued"}
    assert_settled(bridge)


def test_what_came_during_the_last_call_is_sent_in_the_same_turn(bridge: Bridge, simulator: SimulatorControl) -> None:
    store_due(bridge, 1)
    with turn_under_way(bridge), held(simulator):
        bridge.accept([visit(1002), visit(1003)])
        bridge.decide_open()
    assert sent(simulator) == [FIRST, SECOND, "altegio_1003"]
    assert bridge.messages("receipts") == []


def test_a_turn_ends_after_so_many(bridge: Bridge, simulator: SimulatorControl) -> None:
    store_due(bridge, TURN_RECEIPTS + 3)
    bridge.issue()
    assert len(ledger(simulator)) == TURN_RECEIPTS
    assert_settled(bridge)
    assert len(bridge.messages("receipts")) == 1


def test_a_turn_ends_where_others_found_webkassa_away(bridge: Bridge, simulator: SimulatorControl) -> None:
    store_due(bridge, 3)
    breaker = bridge.open_services().breaker
    with turn_under_way(bridge), held(simulator):
        for _ in range(FAILURES_TO_OPEN):
            breaker.record_failure(1)
        assert breaker.allows_call(1), "theirs is the probe"
        bridge.services.redis.persist(breaker._probe)
    assert ledger(simulator) == [FIRST]
    assert_settled(bridge)


def test_the_outcome_is_saved_although_the_next_one_is_locked(bridge: Bridge, simulator: SimulatorControl) -> None:
    """By somebody who edits its visit, say. It is for a later turn, and so is what is younger."""
    store_due(bridge, 3)
    with bridge.services.sessions.begin() as session:
        session.execute(text("SELECT FROM receipts WHERE id = 2 FOR UPDATE"))
        bridge.issue()
        assert [r.state for r in bridge.receipts()] == ["issued", "pending", "pending"]
    bridge.issue()
    assert ledger(simulator) == [FIRST, SECOND, "altegio_1003"]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param({"kind": "code", "code": 7}, id="refused"),
        pytest.param({"kind": "code", "code": 11}, id="shift-expired"),
        pytest.param({"kind": "code", "code": 14}, id="a-number-it-says-it-knows"),
        pytest.param({"kind": "code", "code": 18}, id="offline-for-too-long"),
        pytest.param({"kind": "429", "retry_after": 1}, id="too-many"),
        pytest.param({"kind": "drop"}, id="lost"),
        pytest.param({"kind": "html_502"}, id="gateway"),
    ],
)
def test_whatever_becomes_of_one_the_others_follow_in_order(
    bridge: Bridge, simulator: SimulatorControl, fault: dict[str, object]
) -> None:
    """Each as a first attempt: nobody has to ask for them."""
    numbers = store_due(bridge, 3)
    simulator.fault(operation="check", when="before", **fault)
    bridge.issue()
    assert_settled(bridge)
    bridge.execute("UPDATE cashboxes SET paused_until = NULL")
    # Long enough for what Webkassa calls issued and shows nowhere.
    bridge.execute("UPDATE receipts SET budget_starts_at = budget_starts_at - interval '11 minutes'")
    bridge.settle()
    assert_settled(bridge)
    assert [log.receipt_id for log in bridge.logs("lookup") if log.receipt_id != 1] == []
    assert [r.attempts for r in bridge.receipts()[1:]] == [1, 1]
    assert [r.state for r in bridge.receipts()[1:]] == ["issued", "issued"]
    assert sorted(ledger(simulator)) == sorted(set(ledger(simulator)))
    assert [number for number in ledger(simulator) if number != FIRST] == numbers[1:]


def test_after_a_lost_answer_no_other_leaves(bridge: Bridge, simulator: SimulatorControl) -> None:
    store_due(bridge, 2)
    simulator.fault(operation="check", when="before", kind="drop")
    bridge.issue()
    assert sent(simulator) == [FIRST]
    assert [(r.state, r.attempts, r.claim_id is None) for r in bridge.receipts()] == [
        ("unknown", 1, False),
        ("pending", 0, True),
    ]
    assert bridge.outcomes() == ["unknown"]


def test_an_expired_shift_is_closed_before_a_backlog_goes_on(bridge: Bridge, simulator: SimulatorControl) -> None:
    store_due(bridge, 3)
    simulator.fault(operation="check", when="before", kind="code", code=11)
    bridge.issue()
    assert ledger(simulator) == [FIRST, SECOND, "altegio_1003"]
    assert bridge.outcomes() == ["rejected", "issued", "issued", "issued"]


def test_an_unknown_outcome_comes_before_whatever_is_older(bridge: Bridge, simulator: SimulatorControl) -> None:
    """As a worker leaves it that was killed while the older ones were not due yet."""
    store_due(bridge, 4)
    bridge.execute("UPDATE receipts SET sending_since = now(), attempts = 1 WHERE id = 3")
    bridge.issue()
    operations = [(log.operation, log.receipt_id) for log in bridge.logs()]
    assert operations[:2] == [("lookup", 3), ("check", 1)]
    assert ledger(simulator) == [FIRST, SECOND, "altegio_1003", "altegio_1004"]


class TestLostClaim:
    """Somebody else has the cashbox: what was issued is saved, and nothing leaves any more."""

    @pytest.fixture
    def claim(self, bridge: Bridge) -> Iterator[CashboxClaim]:
        store_due(bridge, 3)
        with hold_cashbox(bridge.services.sessions, 1, LEASE) as claim:
            assert claim is not None
            yield claim

    @contextmanager
    def overtaken(self, bridge: Bridge, claim: CashboxClaim) -> Iterator[None]:
        """In the body the turn is under way; it ends when it sees that the cashbox is not its own."""
        ended = threading.Event()

        def work_off() -> None:
            with pytest.raises(ClaimLost):
                Turn(bridge.services, claim).work_off()
            ended.set()

        turn = threading.Thread(target=work_off)
        turn.start()
        yield
        turn.join(30)
        assert ended.is_set()

    @staticmethod
    def take_over(bridge: Bridge) -> None:
        bridge.execute("UPDATE cashboxes SET claim_id = :other", other=uuid4())

    def test_during_a_call_that_is_answered(self, bridge: Bridge, simulator: SimulatorControl, claim: CashboxClaim) -> None:
        with self.overtaken(bridge, claim), held(simulator):
            self.take_over(bridge)
        assert sent(simulator) == [FIRST]
        assert [r.state for r in bridge.receipts()] == ["issued", "pending", "pending"]
        assert_settled(bridge)

    def test_during_a_call_that_is_refused_for_the_shift(
        self, bridge: Bridge, simulator: SimulatorControl, claim: CashboxClaim
    ) -> None:
        """What follows from that is for the new holder, who finds the receipt under way and asks."""
        with self.overtaken(bridge, claim), held(simulator, kind="code", code=11):
            self.take_over(bridge)
        assert simulator.journal("z_report") == []
        assert [r.state for r in bridge.receipts()] == ["pending", "pending", "pending"]
        assert find_under_way(bridge) == [1]

    def test_during_the_report_of_an_expired_shift(
        self, bridge: Bridge, simulator: SimulatorControl, claim: CashboxClaim
    ) -> None:
        simulator.fault(operation="check", when="before", kind="code", code=11)
        with self.overtaken(bridge, claim), held(simulator, "z_report"):
            self.take_over(bridge)
        assert sent(simulator) == [FIRST]
        assert len(simulator.journal("z_report")) == 1
        assert find_under_way(bridge) == [1]
        assert bridge.receipt().attempts == 1
