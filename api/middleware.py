"""Gives every request a number, bound to its log lines, and every answer the headers a page needs."""

import random
import re
from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.logging import bind_contextvars, clear_contextvars

_REQUEST_ID = re.compile(rb"^[A-Za-z0-9._-]{1,64}\Z")
_CONTENT_POLICY = (
    b"default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    b"form-action 'self'; frame-ancestors 'none'"
)
SECURITY_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"content-security-policy", _CONTENT_POLICY),
)


class RequestContext:
    """Wraps the framework, as plain ASGI. Webhooks do not pass here: `api.webhook.endpoint` does the same for them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = find_request_id(dict(scope["headers"])) or make_request_id()
        scope.setdefault("state", {})["request_id"] = request_id
        bind_contextvars(request_id=request_id)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    *message.get("headers", []),
                    *SECURITY_HEADERS,
                    (b"x-request-id", request_id.encode()),
                ]
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        finally:
            clear_contextvars()


def make_request_id() -> str:
    """Makes a unique number, no secret: the system's random ones would cost a call of the kernel for every webhook."""
    return f"{random.getrandbits(128):032x}"


def find_request_id(headers: Mapping[bytes, bytes]) -> str | None:
    """Returns the caller's own number (`X-Request-ID`), where it is one that may stand in a log."""
    given = headers.get(b"x-request-id", b"")
    return given.decode() if _REQUEST_ID.match(given) else None
