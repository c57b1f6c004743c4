"""Connections on which PostgreSQL never answers again, and new ones on which it does: a failover, a host that hung."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import OperationalError

from dev.demo.postgres_server import Postgres
from dev.demo.waiting import find_free_port, wait_until
from dev.harness.proxy import Proxy
from dev.harness.services import Inlet, close_services
from shared.storage.db import allow_long, open_alone
from shared.storage.deadline import LONG_SECONDS, MARGIN_SECONDS, ORDINARY_SECONDS
from shared.storage.models import Cashbox
from tests.support.bridge import Bridge
from tests.support.payloads import visit
from worker.cashbox.claim import CashboxClaim, hold_cashbox
from worker.cashbox.failures import REST_AFTER_TIMEOUT_SECONDS, rest_or_pause
from worker.decide.delivery import claim_delivery, give_back
from worker.services import Services, create_services
from worker.webkassa.errors import OutcomeUnknown

# Far longer than a deadline, far shorter than the kernel's patience with a connection.
LONGEST_WAIT = 60.0


@pytest.fixture
def proxy(migrated_postgres: Postgres, bridge: Bridge) -> Iterator[Proxy]:
    with Proxy(migrated_postgres.port) as proxy:
        yield proxy


@pytest.fixture
def far(bridge: Bridge, proxy: Proxy) -> Iterator[Services]:
    """A worker that reaches the bridge's database through the proxy."""
    settings = bridge.services.settings
    address = make_url(settings.database_url).set(port=proxy.port).render_as_string(hide_password=False)
    services = create_services(settings.model_copy(update={"database_url": address}))
    # A wait without an end would take this test with it.
    end = threading.Timer(LONGEST_WAIT, proxy.thaw)
    end.start()
    yield services
    end.cancel()
    proxy.thaw()
    close_services(services)


def ask(services: Services, statement: str = "SELECT 1") -> object:
    with services.sessions() as session:
        return session.scalar(text(statement))


def test_a_wait_ends_and_the_next_question_is_answered(far: Services, proxy: Proxy) -> None:
    ask(far)
    proxy.freeze()
    started = time.monotonic()
    with pytest.raises(OperationalError) as raised:
        ask(far)
    assert raised.value.connection_invalidated
    assert ORDINARY_SECONDS < time.monotonic() - started < LONGEST_WAIT
    assert ask(far) == 1


def test_connections_that_lay_idle_meanwhile_are_not_believed(far: Services, proxy: Proxy) -> None:
    """One that timed out speaks for all of its age: nobody waits for each of them in turn."""
    together = threading.Barrier(4)

    def use() -> None:
        with far.sessions() as session:
            session.execute(text("SELECT 1"))
            together.wait()

    users = [threading.Thread(target=use) for _ in range(4)]
    for user in users:
        user.start()
    for user in users:
        user.join()
    proxy.freeze()
    with pytest.raises(OperationalError):
        ask(far)
    started = time.monotonic()
    assert [ask(far) for _ in range(8)] == [1] * 8
    assert time.monotonic() - started < ORDINARY_SECONDS


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_the_end_of_a_transaction_waits_no_longer(far: Services, proxy: Proxy, end: str) -> None:
    with far.sessions() as session:
        session.execute(text("UPDATE cashboxes SET enabled = true"))
        proxy.freeze()
        with pytest.raises(OperationalError):
            getattr(session, end)()
    assert ask(far) == 1


def test_what_is_said_to_take_long_may(far: Services) -> None:
    with far.sessions() as session:
        allow_long(session)
        assert session.scalar(text("SHOW statement_timeout")) == f"{LONG_SECONDS / 60:.0f}min"
        assert _patience(session.connection()) == LONG_SECONDS + MARGIN_SECONDS
    with open_alone(far.sessions) as connection:
        assert connection.scalar(text("SHOW statement_timeout")) == f"{ORDINARY_SECONDS:.0f}s"
        assert _patience(connection) == ORDINARY_SECONDS + MARGIN_SECONDS


def _patience(connection: object) -> float:
    driver = connection.connection.driver_connection  # type: ignore[attr-defined]
    return float(driver.patience)


def test_a_webhook_is_stored_on_a_new_connection(far: Services, proxy: Proxy, bridge: Bridge) -> None:
    inlet = Inlet(far.settings)
    try:
        assert inlet.accept(_raw(1), "test").accepted
        proxy.freeze()
        assert inlet.accept(_raw(2), "test").accepted
    finally:
        proxy.thaw()
        inlet.close()
    assert [row.resource_id for row in bridge.rows()] == [1, 2]


def _raw(number: int) -> bytes:
    return json.dumps(visit(number)).encode()


def test_a_delivery_whose_decision_was_lost_is_free_again_at_once(bridge: Bridge) -> None:
    bridge.accept(visit())
    delivery = claim_delivery(bridge.services.sessions, 1, lease_seconds=60)
    assert delivery is not None
    give_back(bridge.services.sessions, delivery, lease_seconds=60)
    row = bridge.row()
    assert (row.claim_id, row.lease_until, row.claims) == (None, None, 0)
    assert bridge.scalar("SELECT next_attempt_at <= now() + interval '2 seconds' FROM webhook_records")
    give_back(bridge.services.sessions, delivery, lease_seconds=60)  # not what somebody else has by now
    assert bridge.row().claims == 0


@pytest.fixture
def away(proxy: Proxy) -> Callable[[], AbstractContextManager[None]]:
    """The database as it is while it starts again: whoever asks is refused."""

    @contextmanager
    def go() -> Iterator[None]:
        target, proxy.target = proxy.target, find_free_port()
        proxy.cut()
        yield
        proxy.target = target

    return go


@pytest.fixture
def claim(far: Services) -> Iterator[CashboxClaim]:
    with far.sessions.begin() as session:
        session.add(Cashbox(unique_number="SWK00030001"))
    with hold_cashbox(far.sessions, 1, lease_seconds=600) as claim:
        assert claim is not None
        yield claim


def test_a_register_that_could_not_be_let_go_is_free_once_the_database_is_back(
    claim: CashboxClaim, away: Callable[[], AbstractContextManager[None]], bridge: Bridge
) -> None:
    claim.rest_seconds = 300
    with away(), pytest.raises(OperationalError):
        claim.release()
    is_free = "SELECT claim_id IS NULL AND rest_until > now() FROM cashboxes WHERE id = 1"
    wait_until(lambda: bridge.scalar(is_free), timeout=LONGEST_WAIT, what="the register", poll=0.2)


def test_a_delivery_that_could_not_be_given_back_is_free_once_the_database_is_back(
    far: Services, away: Callable[[], AbstractContextManager[None]], bridge: Bridge
) -> None:
    bridge.accept(visit(1001))
    delivery = claim_delivery(far.sessions, 1, lease_seconds=600)
    assert delivery is not None
    with away():
        give_back(far.sessions, delivery, lease_seconds=600)
    is_free = "SELECT claim_id IS NULL AND claims = 0 AND next_attempt_at < now() + interval '1 min' FROM webhook_records"
    wait_until(lambda: bridge.scalar(is_free), timeout=LONGEST_WAIT, what="the delivery", poll=0.2)


def test_a_register_at_work_on_a_lost_call_is_left_alone_though_the_database_is_away(
    claim: CashboxClaim, away: Callable[[], AbstractContextManager[None]], far: Services
) -> None:
    with away(), pytest.raises(OperationalError):
        rest_or_pause(far, claim, OutcomeUnknown("no answer", may_still_run=True))
    assert claim.rest_seconds >= REST_AFTER_TIMEOUT_SECONDS
