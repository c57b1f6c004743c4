"""A real HTTP server on loopback that says what a test tells it to, and remembers what it was asked."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

AUTHORIZE = "/api/v4/Authorize"


@dataclass(frozen=True)
class Answer:
    """`body` is sent as JSON unless it is text; `declared` lies about its length."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    declared: int | None = None

    def send(self, handler: BaseHTTPRequestHandler) -> None:
        text = self.body if isinstance(self.body, str) else json.dumps(self.body, ensure_ascii=False)
        content = text.encode()
        handler.send_response(self.status)
        for name, value in self.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content) if self.declared is None else self.declared))
        handler.end_headers()
        handler.wfile.write(content)


@dataclass(frozen=True)
class Asked:
    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def address(self) -> str:
        """The path without its query."""
        return urlsplit(self.path).path

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.path).query))


Behaviour = Callable[[BaseHTTPRequestHandler], None]


class CannedServer:
    """Logins succeed with `token-1`, `token-2`, ... unless `answer` names their path; all else is `default`."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.released = threading.Event()
        self._answers: dict[str, list[Answer | Behaviour]] = {}
        self._lock = threading.Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _make_handler(self))

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._http.server_address[1]}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def answer(self, path: str, *answers: Answer | Behaviour) -> None:
        """One after another; the last one stays."""
        self._answers[path.lower()] = list(answers)

    def asked_at(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.address.lower() == path.lower()]

    def respond(self, handler: BaseHTTPRequestHandler) -> None:
        length = int(handler.headers.get("Content-Length") or 0)
        asked = Asked(handler.path, dict(handler.headers.items()), handler.rfile.read(length))
        with self._lock:
            self.asked.append(asked)
            answer = self._choose(asked.address.lower())
        if isinstance(answer, Answer):
            answer.send(handler)
        else:
            answer(handler)

    def _choose(self, path: str) -> Answer | Behaviour:
        planned = self._answers.get(path)
        if planned:
            return planned.pop(0) if len(planned) > 1 else planned[0]
        if path == AUTHORIZE.lower():
            return Answer({"Data": {"Token": f"token-{len(self.asked_at(AUTHORIZE))}"}})
        return Answer("no such path", 404)

    @contextmanager
    def running(self) -> Iterator["CannedServer"]:
        thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield self
        finally:
            self.released.set()
            self._http.shutdown()
            self._http.server_close()
            thread.join()


def find_closed_address() -> str:
    """A loopback address where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


def _make_handler(server: CannedServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            server.respond(self)

        def do_POST(self) -> None:
            server.respond(self)

        def do_PUT(self) -> None:
            server.respond(self)

        def do_DELETE(self) -> None:
            server.respond(self)

        def log_message(self, format: str, *args: Any) -> None:
            """Tests are quiet."""

    return Handler
