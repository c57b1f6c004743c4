"""Leads a webhook from the socket to the commit and back, past the framework.

Routing, dependencies, middleware and exception handlers of the framework together cost more than reading, storing and
answering a webhook. What they would do for it is done here, once: number, secret, answer, headers, metrics.
"""

import time
from collections.abc import Mapping

import msgspec
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from api.middleware import SECURITY_HEADERS, find_request_id, make_request_id
from api.webhook import security as secrets
from api.webhook.ingress import NO_LINKS, accept
from api.webhook.refusals import REFUSED, Answer, Headers, refuse
from api.webhook.salon_limit import SalonLimit
from api.webhook.security import Doorman
from api.webhook.status_link import StatusLinks
from api.webhook.store.batch_writer import GroupWriter
from shared.logging import get_logger
from shared.metrics import WEBHOOK_SECONDS, count_refused_webhook
from shared.tracing import record_span

log = get_logger(__name__)

PATH = "/api/webhook"
_JSON: Headers = ((b"content-type", b"application/json"), *SECURITY_HEADERS)


class WebhookDoor:
    """Answers what `is_webhook` finds, as an ASGI application."""

    def __init__(self, doorman: Doorman, writer: GroupWriter, limit: SalonLimit, links: StatusLinks = NO_LINKS) -> None:
        self._doorman, self._writer, self._limit, self._links = doorman, writer, limit, links

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope["headers"])
        request_id = find_request_id(headers) or make_request_id()
        try:
            answer = await self.take(_find_secret(scope["path"]), headers, receive, request_id)
        except ClientDisconnect:
            return  # nobody waits for an answer
        await send(
            {
                "type": "http.response.start",
                "status": answer.status,
                "headers": [
                    *_JSON,
                    (b"content-length", b"%d" % len(answer.body)),
                    (b"x-request-id", request_id.encode()),
                    *answer.headers,
                ],
            }
        )
        await send({"type": "http.response.body", "body": answer.body})

    async def take(
        self, path_secret: str | None, headers: Mapping[bytes, bytes], receive: Receive, request_id: str
    ) -> Answer:
        """Reads, checks and stores the body of one request, and returns the answer to send. Raises ClientDisconnect."""
        started = time.perf_counter()
        try:
            body, scope = await self._read(path_secret, headers, receive)
            reply = await accept(body, request_id, self._writer, self._limit, scope=scope, links=self._links)
            return Answer(200 if reply.accepted else 422, msgspec.json.encode(reply.body))
        except REFUSED as error:
            refusal = refuse(error)
            count_refused_webhook(refusal.outcome)
            log.warning("webhook refused", reason=refusal.reason, request_id=request_id)
            return refusal.answer
        finally:
            seconds = time.perf_counter() - started
            WEBHOOK_SECONDS.observe(seconds)
            record_span("webhook", seconds, request_id, {})

    async def _read(
        self, path_secret: str | None, headers: Mapping[bytes, bytes], receive: Receive
    ) -> tuple[bytes, secrets.Scope]:
        """The body, and whose webhooks may be in it. Who has neither secret nor signature is not listened to."""
        scope, signature = self._doorman.find_scope(path_secret), headers.get(b"x-altegio-signature", b"")
        if scope is None and not signature:
            raise secrets.BadSecret
        body = await secrets.read_body(receive, headers.get(b"content-length", b""))
        return body, scope or self._doorman.check_signature(signature, body)


def is_webhook(scope: Scope) -> bool:
    """Says whether this is a POST to the address itself, or to it and a secret."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return False
    path = _tidy(scope["path"])
    return path.startswith(PATH) and (path == PATH or bool(_find_secret(path)))


def _find_secret(path: str) -> str | None:
    """The one segment after the address; None where there is none, or more than one."""
    rest = _tidy(path)[len(PATH) :]
    return rest[1:] if rest.startswith("/") and "/" not in rest[1:] else None


def _tidy(path: str) -> str:
    """A slash too many, between or behind, is no other address."""
    return f"/{'/'.join(filter(None, path.split('/')))}" if "//" in path or path.endswith("/") else path
