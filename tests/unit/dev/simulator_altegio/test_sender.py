"""The sender repeats what Altegio repeats and gives up where it does. Against a real local server."""

import json
from collections.abc import Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from dev.simulator.altegio.__main__ import main
from dev.simulator.altegio.day import generate_day
from dev.simulator.altegio.sender import Sender


class Receiver(ThreadingHTTPServer):
    """Answers with the next of `answers`, then 200 for ever; keeps what it got."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[int] = []
        self.bodies: list[bytes] = []
        self.headers: list[dict[str, str]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/api/webhook/s3cret"


class Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.headers.append(dict(self.headers))
        self.send_response(self.server.answers.pop(0) if self.server.answers else 200)
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet: the output of tests is for failures."""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def sender(receiver: Receiver, pauses: list[float]) -> Iterator[Sender]:
    sender = Sender(receiver.url, sleep=pauses.append)
    yield sender
    sender.close()


ENVELOPE = {
    "company_id": 1,
    "resource": "record",
    "resource_id": 2,
    "status": "create",
    "data": {"name": "Әлия"},
}


def test_request_looks_like_altegio(receiver: Receiver, sender: Sender) -> None:
    assert sender.send(ENVELOPE).accepted

    headers = receiver.headers[0]
    assert headers["User-Agent"] == "GuzzleHttp/7"
    assert headers["Content-Type"] == "application/json"
    assert headers["Authorization"].startswith("Bearer ")
    assert len(headers["Authorization"].removeprefix("Bearer ")) == 32
    assert b"\\u04d8\\u043b\\u0438\\u044f" in receiver.bodies[0]


@pytest.mark.parametrize("first", [429, 500, 502, 503])
def test_repeats_when_the_receiver_is_in_trouble(
    receiver: Receiver, sender: Sender, pauses: list[float], first: int
) -> None:
    receiver.answers = [first, first]

    outcome = sender.send(ENVELOPE)

    assert (outcome.accepted, outcome.tries, pauses) == (True, 3, [1.5, 1.5])
    assert len(set(receiver.bodies)) == 1


def test_gives_up_after_two_more_tries(receiver: Receiver, sender: Sender) -> None:
    receiver.answers = [503] * 9

    outcome = sender.send(ENVELOPE)

    assert (outcome.accepted, outcome.status, len(receiver.bodies)) == (False, 503, 3)


@pytest.mark.parametrize("status", [400, 401, 413, 422, 302])
def test_does_not_repeat_a_refusal(receiver: Receiver, sender: Sender, pauses: list[float], status: int) -> None:
    receiver.answers = [status]

    outcome = sender.send(ENVELOPE)

    assert (outcome.accepted, outcome.status, outcome.tries, pauses) == (False, status, 1, [])


def test_nobody_listening_is_a_transport_error(receiver: Receiver, pauses: list[float]) -> None:
    receiver.server_close()
    sender = Sender(receiver.url, sleep=pauses.append)

    outcome = sender.send(ENVELOPE)

    assert (outcome.accepted, outcome.status, outcome.tries) == (False, None, 3)
    assert "s3cret" not in outcome.problem


def test_command_sends_a_day_and_says_what_is_due(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["--url", receiver.url, "--speed", "0", "--visits", "20", "--date", "2026-03-02"])

    day, printed = generate_day(visits=20, day=date(2026, 3, 2)), capsys.readouterr().out
    assert code == 0
    assert [json.loads(body) for body in receiver.bodies] == day.envelopes
    assert f"Due: {len(day.books.receipts)} receipts, {day.books.total} tenge" in printed
    assert "s3cret" not in printed


def test_command_fails_when_one_was_refused(receiver: Receiver, capsys: pytest.CaptureFixture[str]) -> None:
    receiver.answers = [200, 422]

    code = main(["--url", receiver.url, "--speed", "0", "--visits", "2"])

    assert code == 1
    assert "422" in capsys.readouterr().out
