"""Describes the protocol as states and steps: what a worker, the register, the clock and misfortune may do next.

One receipt, two workers, one register. A worker's step is one transaction or one call, as in `worker/issue` and
`worker/cashbox`; between any two it may be killed, or sleep for long. Nothing has a duration: the clock's only step is the
end of a lease. Without one of `GUARDS` the protocol is what it would be if the lines of that guard were deleted.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

GUARDS = {
    "announced": "the call is committed before it is made",
    "exclusive": "one worker at a time holds the cashbox",
    "lease outlasts call": "no lease ends while a call of its holder may still arrive",
    "leash": "a worker that slept past its lease sends nothing",
    "rest": "after a time-out nobody calls before the register must be done",
    "ask first": "what may exist is asked for before it is sent again",
    "ask the shift before": "a document is looked for in the shift before, too",
    "no report over a doubt": "we close no shift while an outcome is unknown",
    "holder writes": "only whose claim took the receipt last writes that it is not there",
    "same number": "every attempt has the same number",
    "lease ends": "the lease of a dead worker ends",
}
PENDING, UNKNOWN, ISSUED = "pending", "unknown", "issued"
IDLE, NOBODY = "idle", -1
Call = tuple[int, str, int]


class State(NamedTuple):
    """Holds all there is to know. `calls` on their way: (worker, kind, number); `documents`: (shift, number).

    `row`, `sending`, `writer`: of the receipt: its state, its mark before a call, whose claim took it last. `does`: the step
    of each worker. `crashes`, `losses`, `closings`: how many misfortunes may still come.
    """

    row: str = PENDING
    sending: bool = False
    writer: int = NOBODY
    holder: int = NOBODY
    lease_good: bool = False
    does: tuple[str, ...] = (IDLE, IDLE)
    calls: tuple[Call, ...] = ()
    documents: tuple[tuple[int, int], ...] = ()
    shift: int = 1
    is_over: bool = False
    number: int = 1
    crashes: int = 1
    losses: int = 1
    closings: int = 1


Step = tuple[str, bool, State]  # what happens, in words; whether it is a misfortune; what is then


class Protocol:
    """Says what may happen next where numbers are unique per `scope`, with all guards but the one named `without`.

    Look-ups may show a document late where numbers are unique for ever. Where they are so per shift, they are taken to show
    what exists: the service asks three times, a second apart, and nobody could do better.
    """

    def __init__(self, scope: str, without: str | None = None) -> None:
        self._per_shift = scope == "shift"
        self._guards = GUARDS.keys() - {without}
        self._steps = {IDLE: self._claim, "holding": self._take, "asks": self._ask, "renewed": self._renew}

    def list_steps(self, state: State) -> Iterator[Step]:
        """Yields every step that is possible now."""
        for worker, does in enumerate(state.does):
            for words, is_misfortune, following in self._work(state, worker, does):
                yield f"worker {worker + 1} {words}", is_misfortune, following
        for call in state.calls:
            yield from self._arrive(state, call)
        yield from self._pass_time(state)

    def _has(self, guard: str) -> bool:
        return guard in self._guards

    def _is_lost(self, state: State, worker: int) -> bool:
        return self._has("exclusive") and state.holder != worker

    def _is_too_late(self, state: State, worker: int) -> bool:
        return self._has("leash") and not (state.holder == worker and state.lease_good)

    def _work(self, state: State, worker: int, does: str) -> Iterator[Step]:
        if does in _CALLS:
            yield self._send(state, worker, *_CALLS[does])
        elif does in ("not there", "lost", "found"):
            yield self._save(state, worker, does)
        elif does in self._steps:
            yield from self._steps[does](state, worker)
        elif does == "waits" and state.losses:
            yield "waits no longer", True, _go(state, worker, "lost", losses=state.losses - 1)
        if does != IDLE and state.crashes:
            yield "is killed", True, _go(state, worker, IDLE, crashes=state.crashes - 1)

    def _claim(self, state: State, worker: int) -> Iterator[Step]:
        is_free = state.holder == NOBODY or (not state.lease_good and self._has("lease ends"))
        must_rest = self._has("rest") and state.holder == NOBODY and state.calls
        if state.row != ISSUED and (is_free or not self._has("exclusive")) and not must_rest:
            yield "claims the cashbox", False, _go(state, worker, "holding", holder=worker, lease_good=True)

    def _take(self, state: State, worker: int) -> Iterator[Step]:
        if self._is_lost(state, worker) or state.row == ISSUED:
            yield "finds nothing to do", False, _leave(state, worker)
            return
        in_doubt = state.row == UNKNOWN or state.sending
        if in_doubt and self._has("ask first"):
            yield "finds a doubt", False, _go(state, worker, "asks", row=UNKNOWN, writer=worker, lease_good=True)
        else:
            yield self._announce(state, worker, "takes the receipt")
        if state.is_over and not (in_doubt and self._has("no report over a doubt")):
            yield "is to close the shift", False, _go(state, worker, "to close", lease_good=True)

    def _renew(self, state: State, worker: int) -> Iterator[Step]:
        yield self._announce(state, worker, "announces the receipt for the new shift")

    def _announce(self, state: State, worker: int, words: str) -> Step:
        if self._is_lost(state, worker):
            return "finds its claim gone", False, _go(state, worker, IDLE)
        number = 1 if self._has("same number") else len(state.documents) + 1
        news = {"row": PENDING, "writer": worker, "lease_good": True, "number": number}
        return words, False, _go(state, worker, "announced", sending=self._has("announced"), **news)

    def _send(self, state: State, worker: int, kind: str, waits: str, words: str) -> Step:
        if self._is_too_late(state, worker):
            return "wakes up too late and sends nothing", False, _go(state, worker, "not there" if kind == "sale" else IDLE)
        return words, False, _go(state, worker, waits, calls=(*state.calls, (worker, kind, state.number)))

    def _ask(self, state: State, worker: int) -> Iterator[Step]:
        """Of shifts that are known to be closed the service asks more than the one before; that is not relied on here."""
        shifts = (state.shift, state.shift - 1) if self._has("ask the shift before") else (state.shift,)
        if self._is_too_late(state, worker):
            yield "wakes up too late and asks nothing", False, _go(state, worker, IDLE)
        elif not any(shift in shifts and number == state.number for shift, number in state.documents):
            yield "asks, and there is no document", False, _go(state, worker, "not there")
        else:
            yield "asks, and finds the document", False, _go(state, worker, "found")
            if state.losses and not self._per_shift:
                unseen = _go(state, worker, "not there", losses=state.losses - 1)
                yield "asks, and the document is not shown yet", True, unseen

    def _save(self, state: State, worker: int, known: str) -> Step:
        if known == "found":
            return "saves the receipt", False, _leave(state, worker, row=ISSUED, sending=False)
        if state.row == ISSUED or (self._has("holder writes") and state.writer != worker):
            return "may write nothing any more", False, _leave(state, worker)
        row, words = (UNKNOWN, "the outcome is unknown") if known == "lost" else (PENDING, "there is no receipt")
        return f"writes that {words}", False, _leave(state, worker, row=row, sending=False)

    def _arrive(self, state: State, call: Call) -> Iterator[Step]:
        """At the register, where other sales keep every shift open."""
        worker, kind, number = call
        at = state.calls.index(call)
        left = state._replace(calls=(*state.calls[:at], *state.calls[at + 1 :]))
        if kind == "report":
            closed = left._replace(shift=state.shift + 1, is_over=False)
            yield from _answer(closed, worker, "the register closes the shift")
        elif any(known == number and (not self._per_shift or shift == state.shift) for shift, known in state.documents):
            yield from _answer(left, worker, "the register knows the number and answers with its document", "found")
        elif state.is_over:
            yield from _answer(left, worker, "the register refuses: the shift is over", "refused")
        else:
            made = left._replace(documents=(*state.documents, (state.shift, number)))
            yield from _answer(made, worker, "the register makes a document", "found")

    def _pass_time(self, state: State) -> Iterator[Step]:
        may_arrive = any(worker == state.holder for worker, *_ in state.calls)
        if state.lease_good and not (self._has("lease outlasts call") and may_arrive):
            yield f"the lease of worker {state.holder + 1} ends", False, state._replace(lease_good=False)
        if not state.is_over and state.shift < 3:
            yield "a day has passed: the shift is over", True, state._replace(is_over=True)
        if state.closings:
            closed = state._replace(shift=state.shift + 1, is_over=False, closings=state.closings - 1)
            yield "somebody closes the shift elsewhere", True, closed


def _answer(state: State, worker: int, words: str, told: str = "") -> Iterator[Step]:
    then = {"waits": told, "waits to renew": "renewed", "waits for the report": IDLE}.get(state.does[worker])
    if then is None:
        yield f"{words}, and nobody hears it", False, state
        return
    yield words, False, _leave(state, worker) if then == IDLE else _go(state, worker, then)
    if state.losses:
        lost = "lost" if state.does[worker] == "waits" else IDLE
        yield f"{words}, and the answer is lost", True, _go(state, worker, lost, losses=state.losses - 1)


def _go(state: State, worker: int, does: str, **changes: Any) -> State:
    return state._replace(does=(does, state.does[1]) if worker == 0 else (state.does[0], does), **changes)


def _leave(state: State, worker: int, **changes: Any) -> State:
    """Gives the cashbox back, if it is still this worker's."""
    given_back = {"holder": NOBODY, "lease_good": False} if state.holder == worker else {}
    return _go(state, worker, IDLE, **given_back, **changes)


_CALLS = {
    "announced": ("sale", "waits", "sends the receipt"),
    "to close": ("report", "waits for the report", "sends the Z-report"),
    "refused": ("report", "waits to renew", "sends the Z-report, to send the receipt again"),
}
