"""One call from its head to what happens on the wire."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from dev.simulator.altegio.rest.endpoints import ENDPOINTS, NOT_FOUND, Call, Refusal
from dev.simulator.altegio.rest.faults import Fault
from dev.simulator.altegio.rest.journal import Entry
from dev.simulator.altegio.rest.routes import find_route
from dev.simulator.altegio.rest.simulator import Simulator
from dev.simulator.altegio.rest.views import write_amounts_as_text
from dev.simulator.jsontext import BadJson, parse
from dev.simulator.wire import Reply, Wire, html_reply, json_reply

ACCEPT = "application/vnd.api.v2+json"
NEEDS_AUTHENTICATION = (401, "Authentication needed.")
ACCESS_DENIED = (403, "Access denied.")
NO_RIGHTS = (403, "No rights to manage the location")
# The next three are assumed: that there is a refusal is known, its words and number are not.
WRONG_ACCEPT = (400, f"Accept must be {ACCEPT}")
NOT_JSON = (400, "The body must be a JSON object")
TOO_MANY = (429, "Too many requests")
CREATED = frozenset({"change_hooks"})


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    address: str


@dataclass(frozen=True, slots=True)
class Ending:
    """`wire` is "send", or how the connection ends instead."""

    outcome: str
    reply: Reply
    wire: str = "send"


class Exchange:
    def __init__(self, simulator: Simulator, request: Request, wire: Wire) -> None:
        self._simulator, self._request, self._wire = simulator, request, wire
        self._settings = simulator.settings
        self._generation = simulator.generation
        route = find_route(request.method, request.path)
        self._operation = route.operation if route else "unknown"
        self._ids: Mapping[str, int] = route.ids if route else {}

    def run(self) -> Ending:
        request = self._request
        entry = Entry(
            at=datetime.now(UTC),
            method=request.method,
            path=request.path,
            query=request.query,
            operation=self._operation,
            location=self._ids.get("location"),
            body=_read_object(request.raw),
        )
        self._simulator.journal.add(entry)
        ending = self._handle(entry)
        entry.finish(ending.outcome, ending.reply.status if ending.wire == "send" else None)
        return ending

    def _handle(self, entry: Entry) -> Ending:
        if self._settings.latency_ms:
            time.sleep(self._settings.latency_ms / 1000)
        if not self._admits():
            return self._limit(self._settings.retry_after)
        fault = self._simulator.faults.take(self._operation, entry.location)
        if fault is None:
            return self._answer(entry)
        if fault.seconds and not self._wire.wait(fault.seconds, self._is_cancelled, linger=False):
            return Ending(f"fault:{fault.kind}", html_reply("", 500), "drop")
        return self._spoil(fault, self._answer(entry))

    def _admits(self) -> bool:
        settings = self._settings
        return self._simulator.limiter.admits(
            self._request.address, time.monotonic(), settings.limit_per_second, settings.limit_per_minute
        )

    def _limit(self, retry_after: int | None) -> Ending:
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return Ending("limited", json_reply(_build_refusal({"message": TOO_MANY[1]}), TOO_MANY[0], headers))

    def _is_cancelled(self) -> bool:
        return self._simulator.closing.is_set() or self._simulator.generation != self._generation

    def _answer(self, entry: Entry) -> Ending:
        try:
            self._authorize()
            data = self._perform(entry)
        except Refusal as refusal:
            return self._refuse(refusal)
        if self._settings.amounts_as_text:
            data = write_amounts_as_text(data)
        status = HTTPStatus.CREATED if self._operation in CREATED else HTTPStatus.OK
        return Ending("data", json_reply({"success": True, "data": data, "meta": []}, status))

    def _authorize(self) -> None:
        """Raises Refusal."""
        headers, settings = self._request.headers, self._settings
        tokens = re.fullmatch(r"Bearer ([^,\s]+)\s*,\s*User (\S+)", headers.get("Authorization") or "")
        if tokens is None or tokens.groups() != (settings.partner_token, settings.user_token):
            raise Refusal(*NEEDS_AUTHENTICATION)
        if headers.get("Accept") != ACCEPT:
            raise Refusal(*WRONG_ACCEPT)

    def _perform(self, entry: Entry) -> Any:
        """Raises Refusal."""
        simulator, settings = self._simulator, self._settings
        if self._operation not in ENDPOINTS:
            raise Refusal(*NOT_FOUND)
        if entry.location is not None and (
            entry.location in settings.denied_locations or not simulator.state.has_location(entry.location)
        ):
            raise Refusal(*ACCESS_DENIED)
        if self._operation in settings.no_rights:
            raise Refusal(*NO_RIGHTS)
        if self._request.method == "POST" and entry.body is None:
            raise Refusal(*NOT_JSON)
        call = Call(simulator.state, settings, self._ids, self._request.query, entry.body or {})
        return ENDPOINTS[self._operation](call)

    def _refuse(self, refusal: Refusal) -> Ending:
        empty: dict[str, str] | list[str] = {} if self._settings.not_found_meta == "object" else []
        meta = {"message": refusal.message} if refusal.message else empty
        status = HTTPStatus.OK if self._settings.refuse_with_200 else refusal.status
        return Ending(f"refused:{refusal.status}", json_reply(_build_refusal(meta), status))

    def _spoil(self, fault: Fault, ending: Ending) -> Ending:
        """The answer is known; whether and how it leaves is the fault's."""
        outcome = f"fault:{fault.kind}"
        if fault.kind == "slow":
            return ending
        if fault.kind == "429":
            return self._limit(fault.retry_after)
        if fault.kind in {"drop", "timeout", "reset", "truncated"}:
            return Ending(outcome, ending.reply, "drop" if fault.kind == "timeout" else fault.kind)
        replies = {
            "html_502": html_reply("502 Bad Gateway", 502),
            "500": json_reply(_build_refusal({"message": "Internal server error"}), 500),
            "refused_200": json_reply(_build_refusal({"message": "An error has occurred."})),
        }
        return Ending(outcome, replies[fault.kind])


def _build_refusal(meta: object) -> dict[str, object]:
    return {"success": False, "data": None, "meta": meta}


def _read_object(raw: bytes) -> dict[str, Any] | None:
    try:
        body = parse(raw)
    except BadJson:
        return None
    return body if isinstance(body, dict) else None
