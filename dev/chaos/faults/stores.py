"""Faults of PostgreSQL and Redis that answer and refuse: full, without connections, without a place to write."""

import contextlib
import os
import random
import shutil
import time
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from dev.chaos.trouble import Effect, Fault, Trouble, all_waiting, hurts, outage
from dev.demo.waiting import wait_until
from dev.harness.refusals import REFUSALS, refuse, relent
from dev.harness.world import World

_LOOK_SECONDS = 0.05


def _exhaust_connections(trouble: Trouble, rng: random.Random) -> None:
    """Somebody takes every connection there is, and those of the service are cut: whatever it has to open is refused."""
    world, until = trouble.world, time.monotonic() + rng.uniform(4, 8)
    with ExitStack() as taken:
        for proxy in (world.ways["api - postgres"], world.ways["worker - postgres"]):
            proxy.cut()
        while time.monotonic() < until:
            try:
                taken.enter_context(world.postgres.connect("postgres"))
            except SQLAlchemyError:
                time.sleep(_LOOK_SECONDS)


def _fill_disk(trouble: Trouble, rng: random.Random) -> Effect | None:
    """None where there is no small disk, since only root can have one."""
    world = trouble.world
    if world.small_disk is None:
        return None
    filler = world.small_disk / "filler"
    _fill(filler)
    time.sleep(rng.uniform(3, 6))
    filler.unlink()
    _await_postgres(world)
    return all_waiting(trouble)


def _fill(filler: Path) -> None:
    with filler.open("wb") as file, contextlib.suppress(OSError):
        while free := shutil.disk_usage(filler.parent).free:
            os.posix_fallocate(file.fileno(), file.seek(0, os.SEEK_END), free)


def _await_postgres(world: World) -> None:
    """Without room for its log it crashes, starts anew and may give up."""

    def is_up() -> bool:
        if not world.postgres.running:
            world.postgres.start()
        return world.postgres.answers()

    wait_until(is_up, timeout=60, what="PostgreSQL", poll=0.2)


def _refuses(kind: str) -> Fault:
    name = f"redis refuses: {kind}"
    return outage(name, lambda world: refuse(world.redis, kind), lambda world: relent(world.redis), 3, 8)


STORE_FAULTS = (
    *(_refuses(kind) for kind in REFUSALS),
    hurts("postgres without a free connection", _exhaust_connections),
    Fault("postgres without room on its disk", _fill_disk, hits_all=True),
)
