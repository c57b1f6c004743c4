"""Limits, latency and faults of Altegio's REST, and the server as a process."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from dev.simulator.altegio.rest.limits import Limiter
from dev.simulator.altegio.rest.settings import Settings
from dev.simulator.altegio.rest.simulator import Altegio
from dev.simulator.serving import Running

ROOT = Path(__file__).parents[4]
LOCATION = 307001
HEADERS = {
    "Accept": "application/vnd.api.v2+json",
    "Authorization": "Bearer sim-partner-token, User sim-user-token",
}
NO_LIMITS = {"limit_per_second": 0, "limit_per_minute": 0}


@pytest.fixture(scope="module")
def running() -> Iterator[Running[Altegio]]:
    with Running(Altegio(Settings())) as simulator:
        yield simulator


@pytest.fixture
def server(running: Running[Altegio]) -> Running[Altegio]:
    running.simulator.reset()
    running.simulator.state.open_location(LOCATION)
    return running


def ask(server: Running[Altegio], path: str = f"/accounts/{LOCATION}", timeout: float = 10) -> requests.Response:
    with requests.Session() as session:
        session.trust_env = False
        return session.get(f"{server.url}/api/v1{path}", headers=HEADERS, timeout=timeout)


def control(server: Running[Altegio], path: str, body: Any) -> Any:
    with requests.Session() as session:
        session.trust_env = False
        return session.post(f"{server.url}/_sim/{path}", json=body, timeout=10).json()


def test_the_sixth_call_of_a_second_is_refused_and_counted(server: Running[Altegio]) -> None:
    control(server, "settings", {"limit_per_minute": 0, "retry_after": 1})

    statuses = [ask(server).status_code for _ in range(6)]

    assert statuses == [200] * 5 + [429]
    answer = ask(server)
    assert (answer.json()["success"], answer.headers["Retry-After"]) == (False, "1")
    assert server.simulator.describe()["limits"] == {"refused": 2}
    control(server, "settings", NO_LIMITS)
    assert ask(server).status_code == 200


def test_limits_slide_and_are_kept_for_each_address() -> None:
    limiter = Limiter()

    def admits(now: float, address: str = "a") -> bool:
        return limiter.admits(address, now, per_second=5, per_minute=200)

    assert [admits(100.0) for _ in range(6)] == [True] * 5 + [False]
    assert admits(100.0, "b")
    assert not admits(100.99)
    assert admits(101.0)
    served = sum(admits(101.0 + second / 2) for second in range(1, 118))
    assert served == 117
    assert sum(limiter.admits("a", 159.5, 0, 200) for _ in range(300)) == 200 - 5 - 1 - 117
    assert limiter.admits("a", 160.0, 0, 200)


@pytest.mark.parametrize("kind", ["drop", "reset", "truncated", "timeout"])
def test_faults_that_end_the_connection(server: Running[Altegio], kind: str) -> None:
    control(server, "settings", NO_LIMITS)
    control(server, "faults", {"kind": kind, "operation": "accounts", "seconds": 0.05})

    with pytest.raises(requests.RequestException):
        ask(server).json()

    assert ask(server).json()["success"] is True
    assert server.simulator.journal.list_entries()[0].outcome == f"fault:{kind}"


@pytest.mark.parametrize(
    ("kind", "status", "success"),
    [("500", 500, False), ("refused_200", 200, False), ("429", 429, False), ("html_502", 502, None), ("slow", 200, True)],
)
def test_faults_that_answer(server: Running[Altegio], kind: str, status: int, success: bool | None) -> None:
    control(server, "faults", {"kind": kind})

    answer = ask(server)

    assert answer.status_code == status
    assert ("json" in answer.headers["Content-Type"]) == (success is not None)
    assert success is None or answer.json()["success"] is success


def test_a_fault_can_be_meant_for_some_calls_only(server: Running[Altegio]) -> None:
    control(server, "settings", NO_LIMITS)
    server.simulator.state.open_location(307002)
    control(server, "faults", {"kind": "500", "operation": "accounts", "location": 307002, "times": None})

    assert [ask(server).status_code, ask(server, "/accounts/307002").status_code] == [200, 500]
    assert ask(server, "/records/307002").status_code == 200
    assert ask(server, "/accounts/307002").status_code == 500


def test_latency_delays_every_answer(server: Running[Altegio]) -> None:
    control(server, "settings", {"latency_ms": 80})
    began_at = time.monotonic()

    ask(server)

    assert time.monotonic() - began_at >= 0.08


def test_a_caller_that_leaves_does_not_keep_the_server(server: Running[Altegio]) -> None:
    control(server, "settings", NO_LIMITS)
    control(server, "faults", {"kind": "timeout", "seconds": 600})

    with pytest.raises(requests.Timeout):
        ask(server, timeout=0.2)

    assert ask(server).status_code == 200


def test_it_runs_as_a_process() -> None:
    command = [
        sys.executable,
        "-m",
        "dev.simulator.altegio.rest",
        "--port",
        "0",
        "--limit-per-second",
        "0",
        "--user-token",
        "other",
    ]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().split()[-1]
        with requests.Session() as session:
            session.trust_env = False
            shown = session.get(f"{url}/_sim/state", timeout=10).json()["settings"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) == 0
    assert (shown["limit_per_second"], shown["user_token"]) == (0, "***")
