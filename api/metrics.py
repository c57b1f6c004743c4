"""Serves `/metrics`: what this process counted, and what the tables and Redis say about the work of all workers."""

from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from api.dependencies import SessionDep, SettingsDep
from api.store_metrics import read_database
from shared.config import Settings
from shared.logging import get_logger
from shared.queue import DEAD_LETTER, MAINTENANCE, RECEIPTS, RECORDS
from shared.redis_keys import breaker_open_key

log = get_logger(__name__)
router = APIRouter(tags=["health"])

QUEUES = (RECORDS, RECEIPTS, MAINTENANCE, DEAD_LETTER)


@router.get("/metrics", summary="Prometheus metrics", response_class=PlainTextResponse)
def metrics(request: Request, session: SessionDep, settings: SettingsDep) -> Response:
    """Answers in Prometheus' text format. A store that is away leaves its figures out and `store_up` at 0."""
    found = _read_stores(session, request.app.state.redis, settings)
    return Response(generate_latest(REGISTRY) + _render(found), media_type=CONTENT_TYPE_LATEST)


class _Found(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _render(families: Iterable[Metric]) -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Found(families))
    return generate_latest(registry)


def _read_stores(session: Session, redis: Redis, settings: Settings) -> list[Metric]:
    """What cannot be read is left out rather than told as it was a while ago; `store_up` says that it is missing."""
    up = GaugeMetricFamily("store_up", "Whether the store answered at this scrape.", labels=["store"])
    found: list[Metric] = [up]
    stores: dict[str, Callable[[], Iterable[Metric]]] = {
        "database": lambda: read_database(session),
        "broker": lambda: _read_broker(redis, settings),
    }
    for store, read in stores.items():
        try:
            found += [*read()]
            up.add_metric([store], 1)
        except (SQLAlchemyError, RedisError, OSError) as error:
            log.error("metrics without a store", store=store, error=type(error).__name__)
            up.add_metric([store], 0)
    return found


def _read_broker(redis: Redis, settings: Settings) -> Iterable[Metric]:
    waiting = GaugeMetricFamily("queue_messages", "Messages that wait in a queue.", labels=["queue"])
    for queue in QUEUES:
        waiting.add_metric([queue], redis.llen(queue))
    breaker = GaugeMetricFamily("webkassa_breaker_open", "1 while calls are paused because Webkassa does not answer.")
    host = urlsplit(settings.webkassa_api_url).netloc
    breaker.add_metric([], redis.exists(breaker_open_key(host)))
    return waiting, breaker
