"""How faults of Webkassa and of the way to it are ordered at the simulator, and which receipts they hit."""

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

# Longer than the service asks before it sends the number again.
LATE_SECONDS = 15


def calls(name: str, most: int = 3, **order: Any) -> Fault:
    """The next few checks go wrong like this. What depends on the run is a function of it."""

    def inject(trouble: Trouble, rng: random.Random) -> Effect | None:
        known = {key: value(trouble) if callable(value) else value for key, value in order.items()}
        return hit_checks(trouble, times=rng.randint(1, most), **known)

    return Fault(name, inject, hits_all=False)


def times_out(name: str, when: str) -> Fault:
    """The register stays busy with the call for a while after its caller gave up."""
    return calls(name, 1, kind="timeout", when=when, seconds=lambda trouble: trouble.read_timeout + 2, linger=True)


def hit_checks(trouble: Trouble, *, times: int = 1, **order: Any) -> Effect | None:
    """The next checks go wrong so; None when none came."""
    simulator = trouble.world.simulator
    outcome = f"fault:{order['kind']}"
    with trouble.orders:
        known = len(simulator.journal("check"))
        fault_id = simulator.fault(operation="check", times=times, **order)
        simulator.await_hits(fault_id, times, HIT_SECONDS)
        hits = simulator.count_hits(fault_id)
    touched = _await_journal(simulator, known, outcome, hits) if hits > 0 else None
    return Effect(time.monotonic(), touched) if touched else None


def answers(name: str, outcome: str, cause: Callable[[SimulatorControl], object]) -> Fault:
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


def answer_duplicate(trouble: Trouble, _rng: random.Random) -> Effect | None:
    """Lookups do not show the receipt yet, so its number goes out again and is answered with the first receipt."""
    simulator = trouble.world.simulator
    simulator.settings(visibility_delay_seconds=LATE_SECONDS)
    try:
        hit = hit_checks(trouble, kind="drop", when="after")
        known = len(simulator.journal("check"))
        touched = _await_journal(simulator, known, "error:14", 1) if hit else frozenset()
    finally:
        simulator.settings(visibility_delay_seconds=0)
    return Effect(time.monotonic(), touched) if touched else None


def fail_lookups(trouble: Trouble, _rng: random.Random) -> Effect | None:
    """The answer is lost, and so are the first answers to the question what became of it."""
    simulator = trouble.world.simulator
    for operation in ("shift_history", "ticket", "check_history"):
        simulator.fault(operation=operation, kind="html_502", times=2)
    return hit_checks(trouble, kind="drop", when="after")


def advance_clock(trouble: Trouble, _rng: random.Random) -> Effect:
    trouble.world.simulator.clock(advance_seconds=30)
    return all_waiting(trouble)


def lasts(name: str, *, one: bool = False, **order: Any) -> Fault:
    """Every call of all registers, or of one, ends like this for a while; other orders are cleared with this one."""

    def inject(trouble: Trouble, rng: random.Random) -> Effect:
        simulator = trouble.world.simulator
        with trouble.orders:
            simulator.fault(operation="any", cashbox=_choose_register(simulator, rng) if one else None, times=None, **order)
            time.sleep(rng.uniform(5, 8))
            simulator.clear_faults()
        return all_waiting(trouble)

    return Fault(name, inject, hits_all=True)


def writes(name: str, **style: str) -> Fault:
    """For a while the same answers are written another way."""

    def inject(trouble: Trouble, rng: random.Random) -> Effect:
        before = trouble.world.simulator.state()["settings"]
        trouble.world.simulator.settings(**style)
        time.sleep(rng.uniform(3, 5))
        trouble.world.simulator.settings(**{option: before[option] for option in style})
        return all_waiting(trouble)

    return Fault(name, inject, hits_all=True)


def _choose_register(simulator: SimulatorControl, rng: random.Random) -> str:
    return str(rng.choice([cashbox["number"] for cashbox in simulator.state()["cashboxes"]]))


def refuses(name: str, problem: int) -> Fault:
    """One register refuses us until a person mends it, and has the service look at once."""

    def inject(trouble: Trouble, rng: random.Random) -> Effect:
        world = trouble.world
        number = _choose_register(world.simulator, rng)
        world.simulator.settings(cashbox_problems={number: problem})
        time.sleep(rng.uniform(3, 6))
        world.simulator.settings(cashbox_problems={number: None})
        # What it asks may be broken by the other lane just then; the next probe comes by itself.
        with suppress(CommandFailed):
            world.run((sys.executable, "-m", "celery", "-A", "worker", "cashboxes", "check", number))
        return all_waiting(trouble)

    return Fault(name, inject, hits_all=True)
