"""Faults of processes and machines: killed, hung, emptied, restarted. Each returns with everything running again."""

import random
import time

from sqlalchemy import text

from dev.chaos.trouble import HIT_SECONDS, Effect, Fault, Trouble, hurts, outage
from dev.harness.child import start_together
from dev.harness.world import World


def _kill_one(name: str, kind: str) -> Fault:
    def hurt(trouble: Trouble, rng: random.Random) -> None:
        child = rng.choice(trouble.world.stack.find(kind))
        child.kill()
        child.start()

    return hurts(name, hurt)


def _mistime(name: str, kind: str, seconds: float) -> Fault:
    """A process starts with such a clock, works for a while, and starts anew with the right one."""

    def hurt(trouble: Trouble, rng: random.Random) -> None:
        child = rng.choice(trouble.world.stack.find(kind))
        for ahead in (seconds, 0):
            child.kill()
            child.shift_clock(ahead)
            child.start()
            time.sleep(rng.uniform(4, 7) if ahead else 0)

    return hurts(name, hurt)


def _set_read_only(world: World, *, on: bool) -> None:
    """Stands for a full disk: what is stored can be read, nothing can be stored."""
    with world.postgres.connect("postgres") as connection:
        connection.execute(text("SET default_transaction_read_only = off"))
        connection.execute(text(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if on else 'off'}"))
        connection.execute(text("SELECT pg_reload_conf()"))


def _restart_api_and_redis(world: World) -> None:
    """What was committed meanwhile has no message, and nobody left who remembers it."""
    world.stack.kill("api")
    world.redis.start()
    world.stack.start("api")


def _hang_worker(trouble: Trouble, rng: random.Random) -> None:
    """Longer than a lease, so another takes over. What the woken one still sends is counted apart: it may overlap."""
    worker = rng.choice(trouble.world.stack.find("worker"))
    worker.pause()
    time.sleep(trouble.lease_seconds + 2)
    with trouble.excuse_overlaps():
        worker.resume()
        time.sleep(1)


def _kill_at(name: str, *, operation: str, when: str, revoke: bool = False) -> Fault:
    """All workers, in the middle of a call: those that were interrupted are followed up."""

    def inject(trouble: Trouble, _rng: random.Random) -> Effect | None:
        simulator, workers = trouble.world.simulator, trouble.world.stack.find("worker")
        with trouble.orders:
            order = simulator.fault(operation=operation, kind="slow", when=when, seconds=2, linger=True)
            if revoke:
                simulator.revoke_tokens()
            is_hit = simulator.await_hits(order, 1, HIT_SECONDS)
        if not is_hit:
            return None
        for worker in workers:
            worker.kill()
        interrupted = trouble.monitor.tables.list_sending()
        start_together(workers)
        return Effect(time.monotonic(), interrupted)

    return Fault(name, inject, hits_all=False)


MACHINE_FAULTS = (
    hurts("20 identical posts at once", lambda trouble, _: trouble.poster.post_at_once()),
    outage("redis kill -9", lambda world: world.redis.kill(), lambda world: world.redis.start(), 1, 4),
    outage("redis hung (SIGSTOP)", lambda world: world.redis.pause(), lambda world: world.redis.resume(), 3, 8),
    hurts("redis FLUSHALL", lambda trouble, _: trouble.world.redis.flush(0)),
    outage("postgres restart", lambda world: world.postgres.stop(), lambda world: world.postgres.start(), 0, 2),
    outage("postgres kill -9", lambda world: world.postgres.kill(), lambda world: world.postgres.start(), 0, 2),
    outage("postgres hung (SIGSTOP)", lambda world: world.postgres.pause(), lambda world: world.postgres.resume(), 2, 6),
    outage(
        "postgres refuses writes",
        lambda world: _set_read_only(world, on=True),
        lambda world: _set_read_only(world, on=False),
        2,
        5,
    ),
    _kill_one("api kill -9", "api"),
    outage("api kill -9 while redis is down", lambda world: world.redis.kill(), _restart_api_and_redis, 1, 2),
    _kill_one("one worker kill -9", "worker"),
    # Caught at the login, with the cashbox held and the receipt marked as being sent.
    _kill_at("workers kill -9 before the POST", operation="authorize", when="before", revoke=True),
    # Webkassa is at work on the call, and finishes it after its caller has died.
    _kill_at("workers kill -9 during the POST", operation="check", when="before"),
    # The receipt is recorded; its answer finds nobody.
    _kill_at("workers kill -9 after the POST", operation="check", when="after"),
    hurts("worker hung past its lease", _hang_worker),
    _kill_one("one of two beats kill -9", "beat"),
    _mistime("a worker's clock 300 s behind", "worker", -300),
    _mistime("a worker's clock 300 s ahead", "worker", 300),
    _mistime("a beat's clock 10 s behind", "beat", -10),
)
