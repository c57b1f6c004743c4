"""An application in this process, behind a client of HTTP: one call into its own loop a request.

Starlette's test client starts a thread and a loop for each request, which costs as much as a page does.
"""

import asyncio
import logging
from collections.abc import MutableMapping
from typing import Any
from urllib.parse import unquote

import httpx2
from anyio.from_thread import BlockingPortal

Message = MutableMapping[str, Any]
PORTS = {"http": 80, "https": 443}

# A line for each request, through all that masks our logs, costs as much as the request.
logging.getLogger("httpx2").setLevel(logging.WARNING)


class InProcess(httpx2.BaseTransport):
    """Answers with what the application has said by its end. What the application raises, the caller gets."""

    def __init__(self, app: Any, portal: BlockingPortal) -> None:
        self._app, self._portal = app, portal

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        exchange = _Exchange(request.read())
        self._portal.call(self._app, describe(request), exchange.receive, exchange.send)
        assert exchange.status is not None, "the application did not answer"
        content = b"" if request.method == "HEAD" else b"".join(exchange.parts)
        return httpx2.Response(exchange.status, headers=exchange.headers, content=content, request=request)


class _Exchange:
    """What goes back and forth for one request."""

    def __init__(self, body: bytes) -> None:
        self.status: int | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        self.parts: list[bytes] = []
        self._body: bytes | None = body
        self._is_answered = asyncio.Event()

    async def receive(self) -> Message:
        if self._body is None:
            await self._is_answered.wait()
            return {"type": "http.disconnect"}
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        assert not self._is_answered.is_set(), f"after the end of the answer: {message['type']}"
        if message["type"] == "http.response.start":
            assert self.status is None, "an answer began twice"
            self.status, self.headers = message["status"], list(message.get("headers", ()))
        elif message["type"] == "http.response.body":
            assert self.status is not None, "an answer without a status"
            self.parts.append(bytes(message.get("body", b"")))
            if not message.get("more_body", False):
                self._is_answered.set()


def describe(request: httpx2.Request) -> dict[str, Any]:
    """The scope of a request, as a server would hand it over."""
    url = request.url
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": request.method,
        "scheme": url.scheme,
        "path": unquote(url.path),
        "raw_path": url.raw_path.partition(b"?")[0],
        "root_path": "",
        "query_string": url.query,
        "headers": [(name.lower(), value) for name, value in request.headers.raw],
        "client": ("testclient", 50000),
        "server": (url.host, url.port or PORTS[url.scheme]),
    }
