"""Faults of processes and machines: killed, hung, emptied, restarted. Each returns with everything running again."""

import random
import time
from collections.abc import Callable

from sqlalchemy import text

from dev.chaos.trouble import HIT_SECONDS, Effect, Fault, Trouble, all_waiting

Hurt = Callable[[Trouble, random.Random], None]


def build_machine_faults() -> list[Fault]:
    return [
        Fault("20 identical posts at once", _hurting(_post_at_once), hits_all=True),
        Fault("redis kill -9", _hurting(_kill_redis), hits_all=True),
        Fault("redis hung (SIGSTOP)", _hurting(_hang_redis), hits_all=True),
        Fault("redis FLUSHALL", _hurting(_flush_redis), hits_all=True),
        Fault("postgres restart", _hurting(_restart_postgres), hits_all=True),
        Fault("postgres kill -9", _hurting(_kill_postgres), hits_all=True),
        Fault("postgres hung (SIGSTOP)", _hurting(_hang_postgres), hits_all=True),
        Fault("postgres refuses writes", _hurting(_make_read_only), hits_all=True),
        Fault("api kill -9", _hurting(_kill_api), hits_all=True),
        Fault("api kill -9 while redis is down", _hurting(_kill_api_without_redis), hits_all=True),
        Fault("one worker kill -9", _hurting(_kill_one_worker), hits_all=True),
        Fault("workers kill -9 before the POST", _kill_before_post, hits_all=False),
        Fault("workers kill -9 during the POST", _kill_during_post, hits_all=False),
        Fault("workers kill -9 after the POST", _kill_after_post, hits_all=False),
        Fault("worker hung past its lease", _hurting(_hang_worker), hits_all=True),
        Fault("one of two beats kill -9", _hurting(_kill_beat), hits_all=True),
    ]


def _hurting(hurt: Hurt) -> Callable[[Trouble, random.Random], Effect]:
    def inject(trouble: Trouble, rng: random.Random) -> Effect:
        hurt(trouble, rng)
        return all_waiting(trouble)

    return inject


def _last(rng: random.Random, shortest: float, longest: float) -> None:
    """An outage has a length, and that is no condition to wait for."""
    time.sleep(rng.uniform(shortest, longest))


def _post_at_once(trouble: Trouble, _rng: random.Random) -> None:
    trouble.poster.post_at_once()


def _kill_redis(trouble: Trouble, rng: random.Random) -> None:
    trouble.world.redis.kill()
    _last(rng, 1, 4)
    trouble.world.redis.start()


def _hang_redis(trouble: Trouble, rng: random.Random) -> None:
    trouble.world.redis.pause()
    _last(rng, 3, 8)
    trouble.world.redis.resume()


def _flush_redis(trouble: Trouble, _rng: random.Random) -> None:
    trouble.world.redis.flush(0)


def _restart_postgres(trouble: Trouble, rng: random.Random) -> None:
    trouble.world.postgres.stop()
    _last(rng, 0, 2)
    trouble.world.postgres.start()


def _kill_postgres(trouble: Trouble, rng: random.Random) -> None:
    trouble.world.postgres.kill()
    _last(rng, 0, 2)
    trouble.world.postgres.start()


def _hang_postgres(trouble: Trouble, rng: random.Random) -> None:
    trouble.world.postgres.pause()
    _last(rng, 2, 6)
    trouble.world.postgres.resume()


def _make_read_only(trouble: Trouble, rng: random.Random) -> None:
    """Stands for a full disk: what is stored can be read, nothing can be stored."""
    _set_read_only(trouble, on=True)
    _last(rng, 2, 5)
    _set_read_only(trouble, on=False)


def _set_read_only(trouble: Trouble, *, on: bool) -> None:
    with trouble.world.postgres.connect("postgres") as connection:
        connection.execute(text("SET default_transaction_read_only = off"))
        connection.execute(text(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if on else 'off'}"))
        connection.execute(text("SELECT pg_reload_conf()"))


def _kill_api(trouble: Trouble, _rng: random.Random) -> None:
    trouble.world.api.kill()
    trouble.world.api.start()


def _kill_api_without_redis(trouble: Trouble, rng: random.Random) -> None:
    """What was committed meanwhile has no message, and nobody left who remembers it."""
    trouble.world.redis.kill()
    _last(rng, 1, 2)
    trouble.world.api.kill()
    trouble.world.redis.start()
    trouble.world.api.start()


def _kill_one_worker(trouble: Trouble, rng: random.Random) -> None:
    worker = rng.choice(trouble.world.workers)
    worker.kill()
    worker.start()


def _kill_before_post(trouble: Trouble, _rng: random.Random) -> Effect | None:
    """Caught at the login, with the cashbox held and the receipt marked as being sent."""
    return _kill_at(trouble, revoke=True, operation="authorize", when="before")


def _kill_during_post(trouble: Trouble, _rng: random.Random) -> Effect | None:
    """Webkassa is at work on the call, and finishes it after its caller has died."""
    return _kill_at(trouble, operation="check", when="before")


def _kill_after_post(trouble: Trouble, _rng: random.Random) -> Effect | None:
    """The receipt is recorded; its answer finds nobody."""
    return _kill_at(trouble, operation="check", when="after")


def _kill_at(trouble: Trouble, *, operation: str, when: str, revoke: bool = False) -> Effect | None:
    register = trouble.world.register
    with trouble.orders:
        order = register.order(operation=operation, kind="slow", when=when, seconds=2, linger=True)
        if revoke:
            register.revoke_tokens()
        is_hit = register.await_hits(order, 1, HIT_SECONDS)
    if not is_hit:
        return None
    trouble.world.kill_workers()
    interrupted = trouble.monitor.list_sending()
    trouble.world.restart_workers()
    return Effect(time.monotonic(), interrupted)


def _hang_worker(trouble: Trouble, rng: random.Random) -> None:
    """Longer than a lease, so another takes over. What the woken one still sends is counted apart: it may overlap."""
    worker, register = rng.choice(trouble.world.workers), trouble.world.register
    worker.pause()
    time.sleep(trouble.lease_seconds + 2)
    before = register.count_overlaps()
    worker.resume()
    time.sleep(1)
    trouble.late_overlaps += register.count_overlaps() - before


def _kill_beat(trouble: Trouble, rng: random.Random) -> None:
    beat = rng.choice(trouble.world.beats)
    beat.kill()
    beat.start()
