"""Faults of Webkassa and of the way to it, ordered at the simulator. The receipts of the calls they hit are followed up."""

import random
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from dev.chaos.trouble import HIT_SECONDS, Effect, Fault, Trouble, all_waiting
from dev.demo.waiting import WaitTimeout, wait_until
from dev.harness.simulator import Row, SimulatorControl
from dev.harness.world import CommandFailed

DAY_AND_HOUR = 25 * 3600
# The simulator's words for a second call on one cashbox; the vendor's own are not known.
NOT_SEQUENTIAL = "Запросы к одной кассе выполняются последовательно, предыдущий запрос ещё не завершён"
# Longer than the service asks before it sends the number again.
LATE_SECONDS = 15


def _calls(name: str, most: int = 3, **order: Any) -> Fault:
    """The next few checks go wrong like this. What depends on the run is a function of it."""

    def inject(trouble: Trouble, rng: random.Random) -> Effect | None:
        known = {key: value(trouble) if callable(value) else value for key, value in order.items()}
        return _hit_checks(trouble, times=rng.randint(1, most), **known)

    return Fault(name, inject, hits_all=False)


def _times_out(name: str, when: str) -> Fault:
    """The register stays busy with the call for a while after its caller gave up."""
    return _calls(name, 1, kind="timeout", when=when, seconds=lambda trouble: trouble.read_timeout + 2, linger=True)


def _hit_checks(trouble: Trouble, *, times: int = 1, **order: Any) -> Effect | None:
    simulator = trouble.world.simulator
    outcome = f"fault:{order['kind']}"
    with trouble.orders:
        known = len(simulator.journal("check"))
        fault_id = simulator.fault(operation="check", times=times, **order)
        simulator.await_hits(fault_id, times, HIT_SECONDS)
        hits = simulator.count_hits(fault_id)
    touched = _await_journal(simulator, known, outcome, hits) if hits > 0 else None
    return Effect(time.monotonic(), touched) if touched else None


def _answers(name: str, outcome: str, cause: Callable[[SimulatorControl], object]) -> Fault:
    """A state of the register that refuses the next checks by itself."""

    def inject(trouble: Trouble, _rng: random.Random) -> Effect | None:
        simulator = trouble.world.simulator
        known = len(simulator.journal("check"))
        cause(simulator)
        touched = _await_journal(simulator, known, outcome, 1)
        return Effect(time.monotonic(), touched) if touched else None

    return Fault(name, inject, hits_all=False)


def _await_journal(simulator: SimulatorControl, known: int, outcome: str, count: int) -> frozenset[str]:
    """The receipts of new checks that ended so, once there are that many of them; empty if there are not in time."""

    def look() -> list[Row] | None:
        hit = [entry for entry in simulator.journal("check")[known:] if entry["outcome"] == outcome]
        return hit if len(hit) >= count else None

    try:
        hit = wait_until(look, timeout=HIT_SECONDS, what="a call to be hit", poll=0.2)
    except WaitTimeout:
        return frozenset()
    return frozenset(str(entry["body"]["ExternalCheckNumber"]) for entry in hit)


def _answer_duplicate(trouble: Trouble, _rng: random.Random) -> Effect | None:
    """Lookups do not show the receipt yet, so its number goes out again and is answered with the first receipt."""
    simulator = trouble.world.simulator
    simulator.settings(visibility_delay_seconds=LATE_SECONDS)
    try:
        hit = _hit_checks(trouble, kind="drop", when="after")
        known = len(simulator.journal("check"))
        touched = _await_journal(simulator, known, "error:14", 1) if hit else frozenset()
    finally:
        simulator.settings(visibility_delay_seconds=0)
    return Effect(time.monotonic(), touched) if touched else None


def _fail_lookups(trouble: Trouble, _rng: random.Random) -> Effect | None:
    """The answer is lost, and so are the first answers to the question what became of it."""
    simulator = trouble.world.simulator
    for operation in ("shift_history", "ticket", "check_history"):
        simulator.fault(operation=operation, kind="html_502", times=2)
    return _hit_checks(trouble, kind="drop", when="after")


def _advance_clock(trouble: Trouble, _rng: random.Random) -> Effect:
    trouble.world.simulator.clock(advance_seconds=30)
    return all_waiting(trouble)


def _black_out(trouble: Trouble, _rng: random.Random) -> Effect:
    """Long enough for the breaker to open; other orders are cleared with this one."""
    simulator = trouble.world.simulator
    with trouble.orders:
        simulator.fault(operation="any", kind="html_503", times=None)
        time.sleep(8)
        simulator.clear_faults()
    return all_waiting(trouble)


def _refuses(name: str, problem: int) -> Fault:
    """One register refuses us until a person mends it, and has the service look at once."""

    def inject(trouble: Trouble, rng: random.Random) -> Effect:
        world = trouble.world
        number = rng.choice([cashbox["number"] for cashbox in world.simulator.state()["cashboxes"]])
        world.simulator.settings(cashbox_problems={number: problem})
        time.sleep(rng.uniform(3, 6))
        world.simulator.settings(cashbox_problems={number: None})
        # What it asks may be broken by the other lane just then; the next probe comes by itself.
        with suppress(CommandFailed):
            world.run((sys.executable, "-m", "celery", "-A", "worker", "cashboxes", "check", number))
        return all_waiting(trouble)

    return Fault(name, inject, hits_all=True)


def _fail_one_register(trouble: Trouble, rng: random.Random) -> Effect:
    """Its host and the other registers are well."""
    simulator = trouble.world.simulator
    with trouble.orders:
        number = rng.choice([cashbox["number"] for cashbox in simulator.state()["cashboxes"]])
        simulator.fault(operation="any", cashbox=number, kind="code", code=-1, times=None)
        time.sleep(rng.uniform(5, 10))
        simulator.clear_faults()
    return all_waiting(trouble)


# What becomes of a call when a third of all fail at random.
_ILLS: tuple[dict[str, Any], ...] = (
    {"kind": "drop"},
    {"kind": "drop", "when": "after"},
    {"kind": "html_500"},
    {"kind": "html_502", "when": "after"},
    {"kind": "code", "code": -1},
    {"kind": "code", "code": -1, "when": "after"},
    {"kind": "truncated", "when": "after"},
    {"kind": "text_200"},
    {"kind": "429", "retry_after": 1},
)


def fail_a_third(simulator: SimulatorControl, seed: int) -> None:
    """Until the faults are cleared. A call meets one ill after another, so each is as likely as makes a third of all."""
    probability = 1 - (2 / 3) ** (1 / len(_ILLS))
    for number, ill in enumerate(_ILLS):
        simulator.fault(operation="any", times=None, probability=probability, seed=seed + number, **ill)


WEBKASSA_FAULTS = (
    _refuses("no access to one cashbox", 5),
    _refuses("one cashbox blocked", 7),
    _refuses("one cashbox not activated", 10),
    Fault("one cashbox answers -1", _fail_one_register, hits_all=True),
    _calls("drop before recording", kind="drop"),
    _calls("drop after recording", kind="drop", when="after"),
    _calls("reset after recording", kind="reset", when="after"),
    _times_out("time-out before recording", when="before"),
    _times_out("time-out after recording", when="after"),
    _calls("truncated JSON after recording", kind="truncated", when="after"),
    _calls("HTML 502 before recording", kind="html_502"),
    _calls("HTML 502 after recording", kind="html_502", when="after"),
    _calls("HTTP 200 with HTML before recording", kind="text_200"),
    _calls("HTTP 200 with HTML after recording", kind="text_200", when="after"),
    _calls("429 with Retry-After", kind="429", retry_after=2),
    _calls("code -1 before recording", kind="code", code=-1),
    _calls("code -1 after recording", kind="code", code=-1, when="after"),
    _calls("505 without spare hosts", kind="http_505"),
    # The spare is the same simulator, which answers the second call.
    _calls("505 with spare hosts", kind="http_505", alternatives=lambda trouble: trouble.world.simulator.host),
    _calls("duplicate without data", kind="code", code=14, when="after"),
    Fault("duplicate with data", _answer_duplicate, hits_all=False),
    _calls("overlap refused", kind="code", code=9, text=NOT_SEQUENTIAL),
    _answers("token expired", "error:2", SimulatorControl.expire_tokens),
    _answers("token revoked", "error:3", SimulatorControl.revoke_tokens),
    _answers("shift over 24 h", "error:11", lambda simulator: simulator.clock(advance_seconds=DAY_AND_HOUR)),
    Fault("clock of Webkassa 30 s ahead", _advance_clock, hits_all=True),
    Fault("lookups fail too", _fail_lookups, hits_all=False),
    Fault("outage of 8 s", _black_out, hits_all=True),
)
