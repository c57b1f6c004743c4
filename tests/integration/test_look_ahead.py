"""At a backlog the next receipt is announced while a call is in flight, and leaves only when that one is issued."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from dev.demo.waiting import wait_until
from dev.harness.simulator import SimulatorControl
from shared.storage.db import begin
from tests.support.bridge import Bridge
from tests.support.payloads import visit
from worker.cashbox.claim import CashboxClaim, ClaimLost, hold_cashbox
from worker.issue.next_receipt import Work, announce_ahead, take_back, take_next
from worker.issue.turn import TURN_RECEIPTS, Turn

LEASE = 5
FIRST, SECOND = "altegio_1001", "altegio_1002"


@pytest.fixture(autouse=True)
def _patience(bridge: Bridge) -> None:
    bridge.configure(webkassa_read_timeout=20)


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


def count_announced(bridge: Bridge) -> int:
    return int(bridge.scalar("SELECT count(*) FROM receipts WHERE sending_since IS NOT NULL"))


def count_callers() -> int:
    return sum(thread.name.startswith("webkassa-call") for thread in threading.enumerate())


def assert_settled(bridge: Bridge) -> None:
    """No announcement is left, and every attempt has its row."""
    assert count_announced(bridge) == 0
    for receipt in bridge.receipts():
        rows = [log for log in bridge.logs("check") if log.receipt_id == receipt.id]
        assert [log.attempt for log in rows] == list(range(1, receipt.attempts + 1))
    assert "pending" not in bridge.outcomes()


@contextmanager
def turn_under_way(bridge: Bridge, simulator: SimulatorControl, **fault: object) -> Iterator[None]:
    """The body runs while the first call of the turn is in flight, and everything is announced that will be."""
    simulator.fault(operation="check", when="before", seconds=1, **fault)
    turn = threading.Thread(target=bridge.issue)
    turn.start()
    wait_until(lambda: simulator.faults()[0]["hits"], timeout=10, what="the first call")
    wait_until(lambda: count_announced(bridge) == min(2, len(bridge.receipts())), timeout=10, what="the announcement")
    yield
    turn.join(30)
    assert not turn.is_alive()


def test_one_is_announced_while_one_is_in_flight(bridge: Bridge, simulator: SimulatorControl) -> None:
    numbers = store_due(bridge, 4)
    with turn_under_way(bridge, simulator, kind="slow"):
        assert sent(simulator) == [FIRST]
        assert [r.attempts for r in bridge.receipts()] == [1, 1, 0, 0]
        assert bridge.outcomes() == ["pending", "pending"]
        assert count_callers() == 1
    assert sent(simulator) == ledger(simulator) == numbers
    assert {r.state for r in bridge.receipts()} == {"issued"}
    assert_settled(bridge)
    assert count_callers() == 0


def test_a_single_receipt_needs_no_thread(bridge: Bridge, simulator: SimulatorControl) -> None:
    store_due(bridge, 1)
    with turn_under_way(bridge, simulator, kind="slow"):
        assert count_callers() == 0
    assert bridge.receipt().state == "issued"


def test_what_came_during_the_last_call_is_sent_in_the_same_turn(bridge: Bridge, simulator: SimulatorControl) -> None:
    store_due(bridge, 1)
    with turn_under_way(bridge, simulator, kind="slow"):
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
def test_after_anything_but_issued_the_announced_one_stays(
    bridge: Bridge, simulator: SimulatorControl, fault: dict[str, object]
) -> None:
    """It is as if it had never been taken: nobody asks for it, and it goes out as a first attempt."""
    numbers = store_due(bridge, 3)
    simulator.fault(operation="check", when="before", **fault)
    bridge.issue()
    assert_settled(bridge)
    bridge.execute("UPDATE cashboxes SET paused_until = NULL")
    bridge.settle()
    assert_settled(bridge)
    assert [log.receipt_id for log in bridge.logs("lookup") if log.receipt_id != 1] == []
    assert [r.attempts for r in bridge.receipts()[1:]] == [1, 1]
    assert [r.state for r in bridge.receipts()[1:]] == ["issued", "issued"]
    assert sorted(ledger(simulator)) == sorted(set(ledger(simulator)))
    assert [number for number in ledger(simulator) if number != FIRST] == numbers[1:]


def test_the_one_in_flight_is_refused_with_one_announced(bridge: Bridge, simulator: SimulatorControl) -> None:
    store_due(bridge, 2)
    with turn_under_way(bridge, simulator, kind="drop"):
        assert sent(simulator) == [FIRST]
    assert sent(simulator) == [FIRST]
    assert [(r.state, r.attempts, r.claim_id is None) for r in bridge.receipts()] == [
        ("unknown", 1, False),
        ("pending", 0, True),
    ]
    assert bridge.outcomes() == ["unknown"]


def test_an_expired_shift_is_closed_although_one_was_announced(bridge: Bridge, simulator: SimulatorControl) -> None:
    """A receipt under way would forbid it."""
    store_due(bridge, 3)
    simulator.fault(operation="check", when="before", kind="code", code=11)
    bridge.issue()
    assert ledger(simulator) == [FIRST, SECOND, "altegio_1003"]
    assert bridge.outcomes() == ["rejected", "issued", "issued", "issued"]


def test_an_unknown_outcome_comes_before_whatever_is_older(bridge: Bridge, simulator: SimulatorControl) -> None:
    """As a worker leaves it that was killed with a call in flight and one announced."""
    store_due(bridge, 4)
    bridge.execute("UPDATE receipts SET sending_since = now(), attempts = 1 WHERE id IN (2, 3)")
    bridge.issue()
    operations = [(log.operation, log.receipt_id) for log in bridge.logs()]
    assert operations[:2] == [("lookup", 2), ("lookup", 3)]
    assert ledger(simulator) == [FIRST, SECOND, "altegio_1003", "altegio_1004"]


class TestByHand:
    """Steps of a turn, in the order in which threads and crashes may bring them."""

    @pytest.fixture
    def claim(self, bridge: Bridge) -> Iterator[CashboxClaim]:
        store_due(bridge, 3)
        with hold_cashbox(bridge.services.sessions, 1, LEASE) as claim:
            assert claim is not None
            yield claim

    @pytest.fixture
    def flying(self, bridge: Bridge, claim: CashboxClaim) -> Work:
        work = take_next(bridge.services, claim)
        assert work is not None
        return work

    def test_the_one_in_flight_is_not_taken_for_a_lost_one(self, bridge: Bridge, claim: CashboxClaim, flying: Work) -> None:
        with begin(bridge.services.sessions) as connection:
            ahead = announce_ahead(connection, claim, flying.receipt)
        assert ahead is not None
        assert (ahead.receipt.external_check_number, ahead.must_ask, ahead.others_wait) == (SECOND, False, True)

    def test_nothing_is_announced_past_a_question(self, bridge: Bridge, claim: CashboxClaim, flying: Work) -> None:
        bridge.execute("UPDATE receipts SET state = 'unknown', unknown_since = now() WHERE id = 3")
        with begin(bridge.services.sessions) as connection:
            assert announce_ahead(connection, claim, flying.receipt) is None
        assert [r.attempts for r in bridge.receipts()] == [1, 0, 0]

    def test_a_lost_claim_announces_nothing(self, bridge: Bridge, claim: CashboxClaim, flying: Work) -> None:
        bridge.execute("UPDATE cashboxes SET claim_id = :other", other=uuid4())
        with pytest.raises(ClaimLost), begin(bridge.services.sessions) as connection:
            announce_ahead(connection, claim, flying.receipt)

    def test_what_a_successor_took_is_not_taken_back(self, bridge: Bridge, claim: CashboxClaim, flying: Work) -> None:
        bridge.execute("UPDATE receipts SET claim_id = :other, state = 'unknown' WHERE id = 1", other=uuid4())
        with begin(bridge.services.sessions) as connection:
            take_back(connection, flying)
        assert (bridge.receipt().state, bridge.receipt().attempts) == ("unknown", 1)
        assert bridge.outcomes() == ["pending"]


def lose_cashbox_during_a_turn(bridge: Bridge, *, is_noticed: bool) -> None:
    """While the first call is in flight and the second receipt is announced. Returns when the turn has ended."""
    with hold_cashbox(bridge.services.sessions, 1, LEASE) as claim:
        assert claim is not None
        ended = threading.Event()

        def work_off() -> None:
            with pytest.raises(ClaimLost):
                Turn(bridge.services, claim).work_off()
            ended.set()

        turn = threading.Thread(target=work_off)
        turn.start()
        wait_until(lambda: count_announced(bridge) == 2, timeout=10, what="the announcement")
        bridge.execute("UPDATE cashboxes SET claim_id = :other", other=uuid4())
        assert not is_noticed or not claim.extend()
        turn.join(30)
        assert ended.is_set()


@pytest.mark.parametrize(("is_noticed", "leave"), [(True, 1), (False, 2)])
def test_who_lost_the_cashbox_saves_what_was_issued_and_sends_no_other(
    bridge: Bridge, simulator: SimulatorControl, is_noticed: bool, leave: int
) -> None:
    """By the heartbeat it is noticed before the announced one leaves, else by the next announcement."""
    numbers = store_due(bridge, 4)
    simulator.fault(operation="check", kind="slow", when="before", seconds=1)
    lose_cashbox_during_a_turn(bridge, is_noticed=is_noticed)
    assert sent(simulator) == numbers[:leave]
    assert [r.state for r in bridge.receipts()] == ["issued"] * leave + ["pending"] * (4 - leave)
    assert_settled(bridge)


def test_who_lost_the_cashbox_closes_no_shift(bridge: Bridge, simulator: SimulatorControl) -> None:
    """The call that was under way is refused by code 11; what follows from that is for the new holder."""
    store_due(bridge, 3)
    simulator.fault(operation="check", kind="slow", when="before", seconds=1)
    simulator.fault(operation="check", kind="code", code=11, when="before")
    lose_cashbox_during_a_turn(bridge, is_noticed=False)
    assert simulator.journal("z_report") == []
    assert [r.state for r in bridge.receipts()] == ["issued", "pending", "pending"]
    assert [r.sending_since is None for r in bridge.receipts()] == [True, False, True]
