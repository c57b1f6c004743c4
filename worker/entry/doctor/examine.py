"""Runs the examination. Things come before what depends on them, and what is broken is told once."""

from collections.abc import Iterator

from celery import Celery
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from shared.config import ConfigurationError, Settings
from shared.storage.db import SessionFactory
from worker.entry.doctor.accounts import look_at_accounts
from worker.entry.doctor.altegio import look_at_altegio
from worker.entry.doctor.findings import Finding, Level, ok, problem, warning
from worker.entry.doctor.goods import look_at_goods
from worker.entry.doctor.secrets import look_at_secrets
from worker.entry.doctor.stores import look_at_broker, look_at_clock, look_at_database, look_at_schema, look_at_work
from worker.entry.doctor.webkassa import look_at_webkassa
from worker.services import Services

PING_SECONDS = 2.0


def examine(services: Services, app: Celery) -> Iterator[Finding]:
    """Yields all findings, one by one as they are found; a database or broker that is away ends only what needs it."""
    settings = services.settings
    yield from look_at_settings(settings)
    yield from look_at_secrets(settings)
    yield from _look_at_stores(services.sessions)
    broker = look_at_broker(services.redis)
    yield broker
    if broker.level is not Level.PROBLEM:
        yield look_at_workers(app)
    yield from look_at_webkassa(services)
    yield from look_at_altegio(services.sessions, settings, services.altegio)
    yield from look_at_accounts(services.sessions, settings)
    yield from look_at_goods(services.sessions, settings)


def look_at_settings(settings: Settings) -> Iterator[Finding]:
    """Yields whether the api and the worker would start, and what nobody would be told of."""
    for name, check in (
        ("settings of the api", settings.check_for_api),
        ("settings of the worker", settings.check_for_worker),
    ):
        try:
            check()
        except ConfigurationError as error:
            yield problem(name, str(error), "edit .env, then: docker compose up -d")
        else:
            yield ok(name, "complete")
    if settings.debug:
        yield warning("DEBUG", "is true: anybody may post webhooks", "set DEBUG=false")
    if not settings.alert_urls:
        yield warning("alerts", "nobody is told about dead letters and outages", "set ALERT_URLS")


def _look_at_stores(sessions: SessionFactory) -> Iterator[Finding]:
    database = look_at_database(sessions)
    yield database
    if database.level is not Level.PROBLEM:
        schema = look_at_schema(sessions)
        yield schema
        yield look_at_clock(sessions)
        if schema.level is not Level.PROBLEM:
            yield from _look_at_work(sessions)


def _look_at_work(sessions: SessionFactory) -> Iterator[Finding]:
    try:
        yield from look_at_work(sessions)
    except SQLAlchemyError as error:
        yield problem("work", f"the tables cannot be read: {type(error).__name__}", "look at the log of the database")


def look_at_workers(app: Celery) -> Finding:
    """Finds out which workers answer a ping within two seconds."""
    fix = "docker compose up -d worker, then: docker compose logs worker"
    try:
        answers = app.control.ping(timeout=PING_SECONDS) or []
    except (BrokerDown, RedisError, OSError) as error:
        return problem("workers", f"cannot be asked: {type(error).__name__}", fix)
    names = sorted(name for answer in answers for name in answer)
    return ok("workers", ", ".join(names)) if names else problem("workers", "none answers", fix)
