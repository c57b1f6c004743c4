"""What a worker process works with, made once per process and handed to the use cases; tests hand over their own."""

import functools
import random
from dataclasses import dataclass, field
from datetime import timedelta

from celery import Celery
from redis import Redis

from shared.config import Settings, get_settings, parse_payment_kinds
from shared.db import SessionFactory, create_database_engine, create_session_factory
from shared.queue import create_producer
from shared.statuses import PaymentKind
from worker.breaker import Breaker
from worker.retry_policy import Budget
from worker.rules import Policy
from worker.webkassa.client import WebkassaClient

# Threads of the pool, plus the heartbeats of their leases.
DATABASE_CONNECTIONS = 20


@dataclass(frozen=True)
class Services:
    settings: Settings
    sessions: SessionFactory
    redis: Redis
    webkassa: WebkassaClient
    breaker: Breaker
    producer: Celery
    # Jitter needs no cryptography.
    rng: random.Random = field(default_factory=random.Random)

    @property
    def policy(self) -> Policy:
        method = self.settings.default_payment_method
        return Policy(
            fiscalize_when=self.settings.fiscalize_when,
            comment_marker=self.settings.fiscalize_comment_marker,
            default_kind=None if method == "ask" else PaymentKind(method),
            amounts_in_tiyn=self.settings.altegio_amounts_in_tiyn,
            payment_kinds=parse_payment_kinds(self.settings.payment_kinds),
        )

    @property
    def budget(self) -> Budget:
        return Budget(
            max_attempts=self.settings.retry_max_attempts,
            max_age=timedelta(hours=self.settings.retry_max_age_hours),
            base_seconds=self.settings.retry_base_seconds,
            cap_seconds=self.settings.retry_cap_seconds,
        )


@functools.lru_cache(maxsize=1)
def get_services() -> Services:
    return create_services(get_settings())


def create_services(settings: Settings) -> Services:
    engine = create_database_engine(settings, pool_size=DATABASE_CONNECTIONS)
    redis = Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2)
    webkassa = WebkassaClient(settings, redis)
    return Services(
        settings=settings,
        sessions=create_session_factory(engine),
        redis=redis,
        webkassa=webkassa,
        breaker=Breaker(redis, webkassa.host),
        producer=create_producer(settings),
    )
