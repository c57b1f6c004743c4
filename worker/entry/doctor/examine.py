"""Runs the examination. Things come before what depends on them, and what is broken is told once."""

from collections.abc import Iterator

from celery import Celery
from sqlalchemy.exc import SQLAlchemyError

from shared.config import ConfigurationError, Settings
from shared.storage.db import SessionFactory
from worker.entry.doctor.accounts import look_at_accounts
from worker.entry.doctor.altegio import look_at_altegio
from worker.entry.doctor.backups import look_at_backups
from worker.entry.doctor.findings import Finding, Level, ok, problem, warning
from worker.entry.doctor.goods import look_at_goods
from worker.entry.doctor.secrets import look_at_secrets
from worker.entry.doctor.stores import (
    look_at_broker,
    look_at_clock,
    look_at_database,
    look_at_role,
    look_at_schema,
    look_at_work,
)
from worker.entry.doctor.trail import look_at_trail
from worker.entry.doctor.webkassa import look_at_webkassa
from worker.entry.doctor.workers import look_at_workers
from worker.services import Services


def examine(services: Services, app: Celery, *, whole_trail: bool = False) -> Iterator[Finding]:
    """Yields all findings, one by one as they are found; a database or broker that is away ends only what needs it.

    `whole_trail` follows the audit trail from its beginning.
    """
    yield from examine_service(services, app, whole_trail=whole_trail)
    yield from examine_vendors(services)


def examine_service(services: Services, app: Celery, *, whole_trail: bool = False) -> Iterator[Finding]:
    """Yields what the service itself tells; asks neither Webkassa nor Altegio."""
    settings = services.settings
    yield from look_at_settings(settings)
    yield from look_at_secrets(settings)
    yield from _look_at_stores(services.sessions, whole_trail=whole_trail)
    broker = look_at_broker(services.redis)
    yield broker
    yield from look_at_workers(services.sessions, app, is_broker_well=broker.level is not Level.PROBLEM)
    yield from look_at_accounts(services.sessions, settings)
    yield from look_at_goods(services.sessions, settings)


def examine_vendors(services: Services) -> Iterator[Finding]:
    """Yields what Webkassa and Altegio say. Signs in anew at each cashbox, and lets one that is paused try again."""
    yield from look_at_webkassa(services)
    yield from look_at_altegio(services.sessions, services.settings, services.altegio)


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


def _look_at_stores(sessions: SessionFactory, *, whole_trail: bool) -> Iterator[Finding]:
    database = look_at_database(sessions)
    yield database
    if database.level is not Level.PROBLEM:
        schema = look_at_schema(sessions)
        yield schema
        yield look_at_clock(sessions)
        if schema.level is not Level.PROBLEM:
            yield from _look_at_work(sessions)
            yield from look_at_trail(sessions, whole=whole_trail)
            yield from look_at_backups(sessions)


def _look_at_work(sessions: SessionFactory) -> Iterator[Finding]:
    try:
        yield look_at_role(sessions)
        yield from look_at_work(sessions)
    except SQLAlchemyError as error:
        yield problem("work", f"the tables cannot be read: {type(error).__name__}", "look at the log of the database")
