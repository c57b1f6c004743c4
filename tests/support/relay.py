"""A relay before the simulator that changes what comes back, as proxies and servers do: a real one, on loopback."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

AUTHORIZE = "/api/v4/Authorize"
CHECK = "/api/v4/check"
TICKET = "/api-history/v4/Ticket/GetTicketByExternalCheckNumber"
HISTORY = "/api/v4/Check/History"
X_REPORT = "/api/v4/XReport"
Z_REPORT = "/api/v4/ZReport"

# Of the request and the true answer, what is sent instead: bytes as they are, anything else as JSON.
Change = Callable[[dict[str, Any], Any], Any]


@dataclass(frozen=True)
class _Order:
    change: Change
    status: int
    reaches: bool


class Relay:
    """Passes every call on, over connections that are kept. `callers` are the addresses of those connections."""

    def __init__(self, target: str, api_key: str) -> None:
        self.callers: list[tuple[str, int]] = []
        self._target, self._api_key = urlsplit(target).netloc, api_key
        self._orders: dict[str, list[_Order]] = {}
        self._always: Change | None = None
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _make_handler(self))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_address[1]}"

    def change(self, path: str, change: Change, *, times: int = 1, status: int = 200, reaches: bool = True) -> None:
        """Alters the next answers of a path. Without `reaches` the register never hears of the calls."""
        self._orders.setdefault(path, []).extend([_Order(change, status, reaches)] * times)

    def change_all(self, change: Change) -> None:
        self._always = change

    def answer(self, path: str, body: bytes) -> tuple[int, bytes]:
        with self._lock:
            waiting = self._orders.get(path)
            order = waiting.pop(0) if waiting else None
        status, truth = self._ask(path, body) if order is None or order.reaches else (200, b"null")
        change = order.change if order else self._always
        if change is None or status != 200:
            return status, truth
        changed = change(json.loads(body), json.loads(truth))
        content = changed if isinstance(changed, bytes) else json.dumps(changed).encode()
        return order.status if order else 200, content

    def _ask(self, path: str, body: bytes) -> tuple[int, bytes]:
        headers = {"Content-Type": "application/json", "x-api-key": self._api_key}
        connection = http.client.HTTPConnection(self._target, timeout=30)
        try:
            connection.request("POST", path, body, headers)
            reply = connection.getresponse()
            return reply.status, reply.read()
        finally:
            connection.close()

    @contextmanager
    def running(self) -> Iterator["Relay"]:
        thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self._http.shutdown()
            self._http.server_close()
            thread.join()


def _make_handler(relay: Relay) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            relay.callers.append(self.client_address)
            status, content = relay.answer(self.path, self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: Any) -> None:
            """Tests are quiet."""

    return Handler
