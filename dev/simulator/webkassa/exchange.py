"""One vendor call from the parsed request to what happens on the wire."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dev.simulator.jsontext import BadJson, parse
from dev.simulator.webkassa.errors import API_KEY_MISSING, NOT_SEQUENTIAL, Refusal
from dev.simulator.webkassa.faults import AFTER, BEFORE, Fault
from dev.simulator.webkassa.fields import lowered, read_text
from dev.simulator.webkassa.flights import Flight
from dev.simulator.webkassa.journal import Entry
from dev.simulator.webkassa.operations import READ_ONLY, perform
from dev.simulator.webkassa.routes import Route
from dev.simulator.webkassa.simulator import Simulator
from dev.simulator.wire import Reply, Wire, html_reply, json_reply

# What a cut answer is cut from when nothing was done that could be answered.
UNFINISHED = Reply(b'{"Data":{"CheckNumber":"1000000000000","DateTime":"01.01.2026 00:00:00"}}')


@dataclass(frozen=True, slots=True)
class Ending:
    """`wire` is "send", or the kind of the fault that ends the connection instead."""

    outcome: str
    wire: str = "send"
    reply: Reply = UNFINISHED


class Exchange:
    """The cashbox is free again, and the journal complete, before the first byte of the answer leaves."""

    def __init__(self, simulator: Simulator, route: Route, path: str, wire: Wire) -> None:
        self._simulator = simulator
        self._route = route
        self._path = path
        self._wire = wire
        self._generation = simulator.generation
        self._body: Mapping[str, Any] = {}
        self._fields: Mapping[str, Any] = {}
        self._cashbox: str | None = None

    def run(self, raw: bytes, api_key: str | None) -> Ending:
        problem = self._read(raw, api_key)
        entry = Entry(
            at=self._simulator.clock.now(),
            path=self._path,
            operation=self._route.operation,
            cashbox=self._cashbox,
            body=self._body or None,
        )
        self._simulator.journal.add(entry)
        if self._cashbox is None:
            ending = self._handle(problem)
        else:
            ending = self._handle_alone(problem, self._cashbox, entry)
        entry.finish(ending.outcome)
        return ending

    def _read(self, raw: bytes, api_key: str | None) -> Refusal | None:
        """What is wrong before any method is called; the body is kept for the journal all the same."""
        try:
            body = parse(raw)
            if not isinstance(body, dict):
                raise BadJson("; Error converting value to type 'Request'. Path '', line 1, position 1.")
        except BadJson as error:
            return self._refuse_key(api_key) or Refusal(9, str(error))
        self._body, self._fields = body, lowered(body)
        self._cashbox = read_text(self._fields.get("cashboxuniquenumber")) or None
        return self._refuse_key(api_key)

    def _refuse_key(self, api_key: str | None) -> Refusal | None:
        """Status, code and text of this refusal are assumed: only its existence is known."""
        if self._route.needs_key and api_key != self._simulator.settings.api_key:
            return Refusal(3, API_KEY_MISSING)
        return None

    def _handle_alone(self, problem: Refusal | None, cashbox: str, entry: Entry) -> Ending:
        flights = self._simulator.flights
        flight: Flight | None = flights.enter(cashbox)
        if flight is None:
            entry.overlapped = True
            return self._refuse(Refusal(9, NOT_SEQUENTIAL))
        try:
            return self._handle(problem)
        finally:
            flights.leave(cashbox, flight)

    def _handle(self, problem: Refusal | None) -> Ending:
        before = self._take_fault(BEFORE)
        if before and not self._sit_out(before):
            return Ending(f"fault:{before.kind}", "drop")
        if before and before.kind != "slow":
            return self._spoil(before, UNFINISHED)
        ending, took_effect = self._answer(problem)
        after = self._take_fault(AFTER) if took_effect else None
        if after is None:
            return ending
        if not self._sit_out(after):
            return Ending(f"fault:{after.kind}", "drop")
        return ending if after.kind == "slow" else self._spoil(after, ending.reply)

    def _take_fault(self, when: str) -> Fault | None:
        return self._simulator.faults.take(self._route.operation, when, self._cashbox)

    def _sit_out(self, fault: Fault) -> bool:
        """False when nobody is left to answer: what was not done by then is not done any more."""
        if not fault.seconds:
            return True
        return self._wire.wait(fault.seconds, self._is_cancelled, lambda: fault.is_lifted, linger=fault.linger)

    def _is_cancelled(self) -> bool:
        return self._simulator.closing.is_set() or self._simulator.generation != self._generation

    def _answer(self, problem: Refusal | None) -> tuple[Ending, bool]:
        """The second value: whether the call did something that a fault can come after."""
        if self._simulator.settings.latency_ms:
            time.sleep(self._simulator.settings.latency_ms / 1000)
        try:
            if problem:
                raise problem
            data = perform(self._route.operation, self._simulator.register, self._body, self._fields)
        except Refusal as refusal:
            read_only = self._route.operation in READ_ONLY and problem is None
            return self._refuse(refusal), read_only or refusal.data is not None
        answer = {"Data": data, **self._build_errors()}
        return Ending("data", reply=json_reply(answer)), True

    def _build_errors(self) -> dict[str, Any]:
        """Successes were seen with no Errors, with null and with an empty list."""
        style = self._simulator.settings.errors_style
        return {} if style == "absent" else {"Errors": None if style == "null" else []}

    def _refuse(self, refusal: Refusal) -> Ending:
        answer: dict[str, Any] = {} if refusal.data is None else {"Data": refusal.data}
        answer["Errors"] = [{"Code": refusal.code, "Text": refusal.text}]
        return Ending(f"error:{refusal.code}", reply=json_reply(answer))

    def _spoil(self, fault: Fault, reply: Reply) -> Ending:
        outcome = f"fault:{fault.kind}"
        if fault.kind in {"drop", "timeout"}:
            return Ending(outcome, "drop")
        if fault.kind in {"reset", "truncated"}:
            return Ending(outcome, fault.kind, reply)
        return Ending(outcome, reply=build_fault_reply(fault))


def build_fault_reply(fault: Fault) -> Reply:
    headers = {"AlternativeDomainNames": fault.alternatives} if fault.alternatives else {}
    if fault.kind == "code":
        refusal = Refusal(fault.code, fault.text)
        return json_reply({"Errors": [{"Code": refusal.code, "Text": refusal.text}]}, headers=headers)
    if fault.kind == "429":
        if fault.retry_after is not None:
            headers["Retry-After"] = str(fault.retry_after)
        return html_reply("429 Too Many Requests", 429, headers)
    status = {"html_502": 502, "html_503": 503, "http_505": 505, "text_200": 200}[fault.kind]
    return html_reply(fault.text or f"{status}: service is being updated", status, headers)
