"""What a worker process works with, made once per process and handed to the use cases; tests hand over their own."""

import functools
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from redis import Redis

from shared.config import Settings, get_settings
from shared.queue import Producer, create_producer
from shared.redis_client import open_redis
from shared.salon.live_settings import LiveSettings
from shared.storage.db import SessionFactory, create_database_engine, create_session_factory
from worker.altegio.client import AltegioClient, is_configured
from worker.altegio.limits import WINDOWS, Window
from worker.webkassa.breaker import Breaker
from worker.webkassa.clients import CashboxClients
from worker.webkassa.retry_policy import Budget

# Threads of the pool, plus the heartbeats of their leases.
DATABASE_CONNECTIONS = 20


@dataclass(frozen=True)
class Services:
    """Holds what one task works with: its settings stay the same until it has ended."""

    settings: Settings
    live: LiveSettings
    sessions: SessionFactory
    redis: Redis
    clients: CashboxClients
    # None: no tokens, webhooks are all there is.
    altegio: AltegioClient | None
    breaker: Breaker
    producer: Producer
    # Seconds from one look for a document whose answer was lost to the next.
    lookup_pause: float = 1.0
    # Jitter needs no cryptography.
    rng: random.Random = field(default_factory=random.Random)

    def in_force(self) -> "Services":
        """Returns the same with the settings of this moment, for the next task."""
        current = self.live.current()
        return self if current is self.settings else replace(self, settings=current)

    @property
    def budget(self) -> Budget:
        return Budget(
            max_attempts=self.settings.retry_max_attempts,
            max_age=timedelta(hours=self.settings.retry_max_age_hours),
            base_seconds=self.settings.retry_base_seconds,
            cap_seconds=self.settings.retry_cap_seconds,
        )


def get_services() -> Services:
    """Returns those of this process: a child of a process pool must not share the connections of its parent."""
    return _create_services_of(os.getpid()).in_force()


@functools.lru_cache
def _create_services_of(_pid: int) -> Services:
    return create_services(get_settings())


def create_services(
    settings: Settings, sessions: SessionFactory | None = None, *, altegio_windows: Sequence[Window] = WINDOWS
) -> Services:
    """`sessions`: of the settings' database, where it is open already. `altegio_windows`: how often Altegio is called."""
    if sessions is None:
        sessions = create_session_factory(create_database_engine(settings, pool_size=DATABASE_CONNECTIONS))
    redis = open_redis(settings.redis_url, timeout=2)
    clients = CashboxClients(settings, sessions, redis)
    return Services(
        settings=settings,
        live=LiveSettings(settings, sessions),
        sessions=sessions,
        redis=redis,
        clients=clients,
        altegio=AltegioClient(settings, redis, windows=altegio_windows) if is_configured(settings) else None,
        breaker=Breaker(redis, clients.host),
        producer=create_producer(settings),
    )
