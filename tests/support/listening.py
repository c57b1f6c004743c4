"""A page that listens to the stream of changes, without a socket: the application's own answer, message by message."""

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio

from tests.support.desk import Browser, Desk

PATIENCE = 20.0


class Listening:
    """Reads what the application sends. `events` come as (id, name, data)."""

    def __init__(self) -> None:
        self._messages: queue.Queue[dict[str, Any]] = queue.Queue()
        self._text = ""
        self.gone = anyio.Event()

    async def send(self, message: dict[str, Any]) -> None:
        self._messages.put(message)

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    def read_status(self) -> int:
        message = self._messages.get(timeout=PATIENCE)
        assert message["type"] == "http.response.start"
        self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
        return int(message["status"])

    def read_event(self) -> tuple[str, str, str] | None:
        """The next event with data; None at the end of the stream."""
        while True:
            block, end, rest = self._text.partition("\n\n")
            if not end:
                message = self._messages.get(timeout=PATIENCE)
                self._text += message.get("body", b"").decode()
                if not message.get("more_body"):
                    return None
                continue
            self._text = rest
            fields = dict(line.split(": ", 1) if ": " in line else (line.rstrip(":"), "") for line in block.split("\n"))
            if "data" in fields:
                return fields.get("id", ""), fields.get("event", ""), fields["data"]

    def read_topics(self) -> set[str]:
        """Of the next event that tells any."""
        while (event := self.read_event()) is not None:
            if event[2]:
                return set(event[2].split())
        raise AssertionError("the stream has ended")


@contextmanager
def listen(
    desk: Desk, browser: Browser, since: str | None = None, *, last: str | None = None, status: int = 200
) -> Iterator[Listening]:
    """Opens the stream as this browser; it is hung up at the end."""
    listening = Listening()
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in browser.cookies.jar)
    headers = [(b"host", b"127.0.0.1"), (b"cookie", cookies.encode())]
    headers += [(b"last-event-id", last.encode())] if last is not None else []
    scope = {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": "/acquire/live",
        "raw_path": b"/acquire/live",
        "root_path": "",
        "query_string": f"since={since}".encode() if since is not None else b"",
        "headers": headers,
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
    }
    answer = desk.portal.start_task_soon(desk.app, scope, listening.receive, listening.send)
    try:
        assert listening.read_status() == status
        yield listening
    finally:
        desk.portal.call(listening.gone.set)
        answer.result(PATIENCE)
