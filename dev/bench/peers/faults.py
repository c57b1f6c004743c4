"""The five faults. Each is a context: entered it strikes, left it is removed; in between, what it yields is called often."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

import redis
from sqlalchemy.exc import SQLAlchemyError

from dev.bench.peers.counting import Samples
from dev.bench.peers.offering import Offering
from dev.bench.peers.system import System
from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis

KILL_EVERY_SECONDS = 3.0
# So many times what is done at that time.
OVERLOAD = 2.5
_LOOK_BACK_SECONDS = 2.0
# A server notices within that time that a client is gone.
_HANDOVER_SECONDS = 0.5

Step = Callable[[], None]


@dataclass(frozen=True)
class Scene:
    system: System
    offering: Offering
    samples: Samples
    # What was taken and is waited for no more.
    given_up: set[int] = field(default_factory=set)


def _wait() -> None:
    """Nothing to do but to wait."""


@contextmanager
def _restart(scene: Scene) -> Iterator[Step]:
    """The store is stopped in order, and started at the end."""
    scene.system.store.stop()
    yield _wait
    scene.system.store.start()


@contextmanager
def _kill(scene: Scene) -> Iterator[Step]:
    """The workers by turns, with all their processes; each is started again at once."""
    workers = scene.system.workers
    begun, kills = time.monotonic(), 0

    def step() -> None:
        nonlocal kills
        if time.monotonic() >= begun + kills * KILL_EVERY_SECONDS:
            worker = workers[kills % len(workers)]
            worker.kill()
            worker.spawn()
            kills += 1

    yield step


@contextmanager
def _cut(scene: Scene) -> Iterator[Step]:
    """Not a byte passes between the workers and their stores, on present connections and new ones; then all of it does."""
    for way in scene.system.ways:
        way.freeze(new=True)
    yield _wait
    for way in scene.system.ways:
        way.thaw()


@contextmanager
def _take_connections(scene: Scene) -> Iterator[Step]:
    """Somebody has every connection that the store gives, those of the workers too."""
    store, ways = scene.system.store, scene.system.ways
    with _take_of_redis(store) if isinstance(store, Redis) else _take_of_postgres(store) as step:
        # Nobody gets through while they change hands.
        for way in ways:
            way.freeze(new=True)
            way.cut()
        until = time.monotonic() + _HANDOVER_SECONDS
        while time.monotonic() < until:
            step()
        for way in ways:
            way.thaw()
        yield step


@contextmanager
def _take_of_postgres(postgres: Postgres) -> Iterator[Step]:
    """By somebody who takes each that comes free."""
    with ExitStack() as taken:

        def step() -> None:
            with suppress(SQLAlchemyError):
                while True:
                    taken.enter_context(postgres.connect("postgres"))

        yield step


@contextmanager
def _take_of_redis(server: Redis) -> Iterator[Step]:
    """By its own limit, put to what is connected: the same for whoever comes."""
    with redis.Redis.from_url(server.url, socket_timeout=5) as client:
        limit = client.config_get("maxclients")["maxclients"]
        client.config_set("maxclients", 1)
        yield _wait
        client.config_set("maxclients", limit)


@contextmanager
def _overload(scene: Scene) -> Iterator[Step]:
    """More comes than is done, however much that is."""
    usual = scene.offering.rate

    def step() -> None:
        now = time.monotonic()
        scene.offering.rate = OVERLOAD * max(usual, scene.samples.rate(now - _LOOK_BACK_SECONDS, now))

    yield step
    scene.offering.rate = usual


FAULTS: Mapping[str, Callable[[Scene], AbstractContextManager[Step]]] = {
    "restart": _restart,
    "network": _cut,
    "connections": _take_connections,
    "overload": _overload,
    # Last, since what it leaves may take a minute to come back.
    "kills": _kill,
}
