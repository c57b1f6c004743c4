"""One call at a time on a cashbox, from however many workers; claims are leases, and a stale one changes nothing."""

import threading
from collections.abc import Callable
from functools import partial
from uuid import uuid4

import pytest
from sqlalchemy import select

from dev.demo.waiting import wait_until
from dev.harness.simulator import SimulatorControl
from shared.storage.models import Receipt
from shared.wire.deadline import call_at_work
from tests.support.bridge import Bridge
from tests.support.payloads import visit
from worker.cashbox.claim import ClaimLost, hold_cashbox
from worker.cashbox.shift.reports import close_shift
from worker.decide.process_record import process_record
from worker.issue.attempt import send
from worker.issue.issue_due import issue_due
from worker.issue.next_receipt import take_next
from worker.issue.outcomes import save_dead, save_issued, save_retry, save_unknown
from worker.services import Services
from worker.webkassa.errors import WebkassaUnavailable
from worker.webkassa.schemas import FiscalReceipt

LEASE = 5


def store_due(bridge: Bridge, count: int = 1) -> None:
    bridge.accept([visit(number) for number in range(1001, 1001 + count)])
    bridge.decide_open()


def run_together(*jobs: Callable[[], object]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)


class TestTogether:
    def test_two_workers_share_a_cashbox(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        simulator.settings(latency_ms=5)
        store_due(bridge, 40)

        def work(services: Services) -> None:
            while [r for r in bridge.receipts() if r.state == "pending"]:
                issue_due(services, 1)

        run_together(*(partial(work, bridge.open_services()) for _ in range(3)))
        numbers = [theirs["external_check_number"] for theirs in simulator.receipts()]
        assert numbers == [f"altegio_{number}" for number in range(1001, 1041)]
        assert simulator.state()["overlaps"] == 0
        assert {log.attempt for log in bridge.logs("check")} == {1}

    def test_lost_answers_do_not_bring_them_together(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        simulator.fault(operation="check", kind="drop", when="after", probability=0.4, times=None, seed=7)
        store_due(bridge, 12)

        def work(services: Services) -> None:
            while [r for r in bridge.receipts() if r.state in ("pending", "unknown")]:
                bridge.execute("UPDATE receipts SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")
                bridge.execute("UPDATE cashboxes SET rest_until = NULL")
                issue_due(services, 1)

        run_together(*(partial(work, bridge.open_services()) for _ in range(2)))
        assert sorted(theirs["external_check_number"] for theirs in simulator.receipts()) == [
            f"altegio_{number}" for number in range(1001, 1013)
        ]
        assert {r.state for r in bridge.receipts()} == {"issued"}

    def test_one_delivery_is_decided_once(self, bridge: Bridge) -> None:
        bridge.accept([visit(number) for number in range(1001, 1011)])
        decided: list[object] = []

        def work(services: Services) -> None:
            for row_id in range(1, 11):
                resolution = process_record(services, row_id)
                if resolution is not None:
                    decided.append(resolution)

        run_together(*(partial(work, bridge.open_services()) for _ in range(3)))
        assert len(decided) == 10
        assert len(bridge.receipts()) == 10

    def test_two_words_on_one_visit_decided_at_once_are_one_sale(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        """The same visit in two bodies, so neither is a redelivery of the other."""
        bridge.accept([visit(changed=None, comment=str(number)) for number in range(6)])
        run_together(*(partial(process_record, bridge.open_services(), number) for number in range(1, 7)))
        bridge.issue()
        assert len(simulator.receipts()) == 1
        assert len(bridge.receipts()) == 1

    def test_a_slow_cashbox_does_not_keep_a_second_worker(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        """Whoever finds it busy leaves at once."""
        store_due(bridge)
        with hold_cashbox(bridge.services.sessions, 1, LEASE) as claim:
            assert claim is not None
            issue_due(bridge.open_services(), 1)
            assert simulator.journal("check") == []
        bridge.issue()
        assert len(simulator.receipts()) == 1


class TestLease:
    def test_a_claim_left_behind_is_taken_over_after_the_lease_not_before(
        self, bridge: Bridge, simulator: SimulatorControl
    ) -> None:
        store_due(bridge)
        bridge.execute("UPDATE cashboxes SET claim_id = gen_random_uuid(), lease_until = now() + interval '1.5 seconds'")
        bridge.issue()
        assert simulator.journal() == []

        def look() -> bool:
            early = not bridge.scalar("SELECT lease_until < now() FROM cashboxes")
            bridge.issue()
            issued = bridge.receipt().state == "issued"
            assert not (issued and early and not bridge.scalar("SELECT claim_id IS NULL FROM cashboxes"))
            return issued

        wait_until(look, timeout=10, what="the lease to end")
        entry = simulator.journal("check")[0]
        assert bridge.scalar("SELECT claim_id IS NULL AND lease_until IS NULL FROM cashboxes")
        assert entry["outcome"] == "data"

    def test_a_killed_workers_attempt_is_asked_for_first(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        """It committed `sending` and was gone: nobody knows whether the call left."""
        store_due(bridge)
        with hold_cashbox(bridge.services.sessions, 1, LEASE) as claim:
            assert claim is not None
            take_next(bridge.services.sessions, claim)
        bridge.issue()
        assert [(log.operation, log.outcome) for log in bridge.logs()] == [
            ("check", "unknown"),
            ("lookup", "rejected"),
            ("check", "issued"),
        ]
        assert len(simulator.receipts()) == 1

    def test_a_lease_is_not_extended_past_the_end_of_a_call(self, bridge: Bridge) -> None:
        """What cannot be interrupted may outlast its call's deadline; nothing is sent after that."""
        store_due(bridge)
        with hold_cashbox(bridge.services.sessions, 1, 1) as claim, call_at_work(0):
            assert claim is not None
            has_ended = "SELECT lease_until < now() FROM cashboxes"
            wait_until(lambda: bridge.scalar(has_ended), timeout=10, what="the lease to end")
            assert claim.extend()

    def test_a_holder_keeps_its_lease_alive(self, bridge: Bridge) -> None:
        store_due(bridge)
        with hold_cashbox(bridge.services.sessions, 1, 1) as claim:
            assert claim is not None
            first = bridge.scalar("SELECT lease_until FROM cashboxes")
            is_kept = "SELECT now() > :first AND lease_until > now() FROM cashboxes"
            wait_until(lambda: bridge.scalar(is_kept, first=first), timeout=5, what="a lease that outlives the first")
        assert bridge.cashbox().claim_id is None

    def test_whoever_lost_its_claim_sends_nothing(self, bridge: Bridge) -> None:
        store_due(bridge)
        with hold_cashbox(bridge.services.sessions, 1, LEASE) as claim:
            assert claim is not None
            bridge.execute("UPDATE cashboxes SET claim_id = :other", other=uuid4())
            assert claim.extend() is False
            with pytest.raises(ClaimLost):
                take_next(bridge.services.sessions, claim)
        # The release of a lost claim leaves the successor's alone.
        assert bridge.cashbox().claim_id is not None
        assert bridge.receipt().attempts == 0

    def test_a_worker_that_slept_past_its_lease_sends_nothing(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        """It slept between the commit that announced its call and the call; its successor sold, and the shift was closed."""
        simulator.settings(scope="shift")
        store_due(bridge)
        sleeper = bridge.open_services()
        with hold_cashbox(sleeper.sessions, 1, 1) as claim:
            assert claim is not None
            work = take_next(sleeper.sessions, claim)
            assert work is not None
            bridge.execute("UPDATE cashboxes SET claim_id = NULL, lease_until = NULL")
            run_together(partial(self.sell_and_close, bridge, work.cashbox_number))
            wait_until(lambda: not claim.may_send(), timeout=10, what="the sleeper's clocks to doubt its lease")
            with pytest.raises(WebkassaUnavailable, match="lease"):
                send(sleeper.clients, work)
        assert [theirs["external_check_number"] for theirs in simulator.receipts()] == ["altegio_1001"]
        assert bridge.receipt().state == "issued"

    @staticmethod
    def sell_and_close(bridge: Bridge, cashbox_number: str) -> None:
        services = bridge.services
        bridge.issue()
        with hold_cashbox(services.sessions, 1, LEASE) as claim:
            assert claim is not None
            close_shift(services.sessions, services.clients, claim, cashbox_number, by="test")

    def test_a_worker_whose_clock_was_set_ahead_asks_the_database(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        store_due(bridge)
        with hold_cashbox(bridge.services.sessions, 1, 1) as claim:
            assert claim is not None
            with call_at_work(0):  # its heartbeat rests
                has_ended = "SELECT lease_until < now() FROM cashboxes"
                wait_until(lambda: bridge.scalar(has_ended), timeout=10, what="the lease to end")
            work = take_next(bridge.services.sessions, claim)
            assert work is not None
            assert send(bridge.services.clients, work).document.fiscal_number
        assert len(simulator.receipts()) == 1

    def test_a_paused_cashbox_is_left_alone(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        store_due(bridge)
        bridge.execute("UPDATE cashboxes SET paused_until = now() + interval '1 hour'")
        bridge.issue()
        assert simulator.journal() == []
        with hold_cashbox(bridge.services.sessions, 1, LEASE, even_if_paused=True) as claim:
            assert claim is not None

    def test_a_delivery_claimed_by_a_killed_worker(self, bridge: Bridge) -> None:
        bridge.accept(visit())
        bridge.execute(
            "UPDATE webhook_records SET state = 'processing', claim_id = gen_random_uuid(), "
            "lease_until = now() + interval '1 minute'"
        )
        assert bridge.decide(1) is None
        bridge.execute("UPDATE webhook_records SET lease_until = now()")
        assert bridge.decide(1) is not None


class TestStale:
    """A worker that wakes up after its successor took over."""

    @pytest.fixture
    def stale(self, bridge: Bridge) -> Receipt:
        """The receipt as the sleeper knows it; the successor has claimed it since."""
        store_due(bridge)
        bridge.execute("UPDATE receipts SET claim_id = gen_random_uuid(), sending_since = now()")
        with bridge.services.sessions() as session:
            receipt = session.scalars(select(Receipt)).one()
            session.expunge(receipt)
        bridge.execute("UPDATE receipts SET claim_id = gen_random_uuid(), state = 'unknown'")
        return receipt

    def test_its_bad_news_are_not_written(self, bridge: Bridge, stale: Receipt) -> None:
        error = WebkassaUnavailable("too late")
        with bridge.services.sessions.begin() as session:
            save_retry(session, stale, error, 1, counts=True)
            save_unknown(session, stale, error, 1, counts=True)
            save_dead(session, stale, error, "too late", is_unknown=False)
        receipt = bridge.receipt()
        assert (receipt.state, receipt.budget_used, receipt.error_text) == ("unknown", 0, None)
        assert receipt.sending_since is not None

    def test_its_good_news_are(self, bridge: Bridge, stale: Receipt) -> None:
        """What exists at Webkassa exists, whoever brings the news."""
        document = FiscalReceipt("123", "R", 1, 1, False, None, "01.01.2026 00:00:00", None, None, stale.total)
        with bridge.services.sessions.begin() as session:
            assert save_issued(session, stale, document)
        with bridge.services.sessions.begin() as session:
            assert not save_issued(session, stale, document)
        assert (bridge.receipt().state, bridge.receipt().fiscal_number) == ("issued", "123")
        assert bridge.row().state == "processed"
