"""Somebody else answers in Webkassa's place: a gateway, a portal, a stranger. It costs no sale, and learns no secret."""

import time

import pytest

from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.documents import assert_own_documents, recover, try_again
from tests.support.echo import run_echo
from tests.support.grids import few
from tests.support.onlooker import Onlooker
from tests.support.payloads import visit

WORDS = "Вход в сеть салона"
STATUSES = [200, 301, 302, 307, 403, 404, 405]
ANSWERED = {"any": STATUSES, "check": [200, 302, 404]}
PAGES = {f"{status}-{operation}": (status, operation) for operation, statuses in ANSWERED.items() for status in statuses}
OPENED = {"operation": "any", "kind": "page", "text": WORDS, "times": None}
ELSEWHERE = "127.0.0.2"


@few("page", PAGES, *(f"{status}-{'check' if status in (302, 404) else 'any'}" for status in STATUSES))
def test_sales_wait_as_for_503(bridge: Bridge, simulator: SimulatorControl, page: tuple[int, str]) -> None:
    status, operation = page
    bridge.deliver(visit(1))
    fault = simulator.fault(**{**OPENED, "operation": operation}, status=status, location="https://portal.example/login")
    bridge.deliver(visit(2), visit(3), visit(4))
    try_again(bridge)
    assert {row.state for row in bridge.rows()[1:]} <= {"processing", "retrying"}
    assert {(r.state in {"pending", "unknown"}, r.budget_used) for r in bridge.receipts()[1:]} == {(True, 0)}
    assert simulator.count_hits(fault) <= 3 * 12
    simulator.clear_faults()
    recover(bridge)
    assert_own_documents(bridge, simulator, 4)


@few("status", [200, 302, 403, 404], "200", "404")
def test_it_is_told_once_with_its_status_and_first_words(
    bridge: Bridge, simulator: SimulatorControl, onlooker: Onlooker, status: int
) -> None:
    bridge.deliver(visit(1))
    simulator.fault(**OPENED, status=status)
    bridge.deliver(visit(2), visit(3))
    for _ in range(12):
        try_again(bridge, 1)
        onlooker.wait(1)
    (message,) = onlooker.messages
    assert str(status) in message
    assert WORDS in message
    simulator.clear_faults()
    recover(bridge)
    onlooker.wait(15)
    assert ["all clear" in text for text in onlooker.messages] == [False, True]


@pytest.mark.parametrize(
    ("status", "operation"),
    [(301, "check"), (302, "check"), (303, "check"), (307, "check"), (308, "check"), (307, "authorize")],
)
def test_a_redirect_is_not_followed(bridge: Bridge, simulator: SimulatorControl, status: int, operation: str) -> None:
    with run_echo(ELSEWHERE) as stranger:
        order = {"operation": operation, "kind": "page", "times": 3}
        simulator.fault(**order, status=status, location=f"http://{stranger.address}/api/v4/{operation}")
        bridge.services.redis.flushdb()
        bridge.deliver(visit())
        recover(bridge)
        assert stranger.connections == 0
    assert_own_documents(bridge, simulator, 1)


SPELLINGS = [
    "{host}:{port}",
    "https://{host}:{port}/",
    "127.0.0.1@{host}:{port}",
    "127.0.0.1:9, {host}:{port}",
    "localhost:{port}",
]


@pytest.mark.parametrize(
    ("spelling", "kind", "operation"),
    [
        *((spelling, "http_505", "check") for spelling in SPELLINGS),
        (*SPELLINGS[:1], "code", "check"),
        (*SPELLINGS[:1], "http_505", "authorize"),
    ],
)
def test_a_host_of_somebody_else_is_told_nothing(
    bridge: Bridge, simulator: SimulatorControl, spelling: str, kind: str, operation: str
) -> None:
    host = "127.0.0.1" if "localhost" in spelling else ELSEWHERE
    with run_echo(host) as stranger:
        named = spelling.format(host=host, port=stranger.server_address[1])
        simulator.fault(operation=operation, kind=kind, code=505, alternatives=named)
        bridge.services.redis.flushdb()
        bridge.deliver(visit())
        recover(bridge)
        assert stranger.connections == 0
    assert_own_documents(bridge, simulator, 1)


def seconds_until_next(bridge: Bridge) -> float:
    return float(bridge.scalar("SELECT extract(epoch FROM next_attempt_at - now()) FROM receipts"))


class TestRetryAfter:
    def test_as_a_date(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        simulator.fault(operation="check", kind="429", retry_after=40, dated=True)
        began_at = time.monotonic()
        bridge.deliver(visit())
        # A date has whole seconds.
        assert 38 - (time.monotonic() - began_at) <= seconds_until_next(bridge) <= 42
        assert bridge.receipt().budget_used == 0
        bridge.settle()
        assert_own_documents(bridge, simulator, 1)

    def test_as_a_date_that_is_over(self, bridge: Bridge, simulator: SimulatorControl) -> None:
        simulator.fault(operation="check", kind="429", retry_after=0, dated=True)
        bridge.deliver(visit())
        assert seconds_until_next(bridge) <= 60
        bridge.settle()
        assert_own_documents(bridge, simulator, 1)

    @pytest.mark.parametrize("dated", [False, True])
    def test_ten_years_freeze_no_sale(self, bridge: Bridge, simulator: SimulatorControl, dated: bool) -> None:
        simulator.fault(operation="check", kind="429", retry_after=10 * 365 * 86_400, dated=dated)
        bridge.deliver(visit())
        assert seconds_until_next(bridge) <= 86_400
