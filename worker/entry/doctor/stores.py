"""Examines PostgreSQL and Redis: do they answer, are they as the service needs them, and is work standing still."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

import shared
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, OPEN_RECORD_STATES, RecordState
from shared.storage.db import SessionFactory
from shared.storage.models import Receipt, WebhookRecord
from worker.entry.doctor.findings import Finding, ok, problem, warning
from worker.rounds.watch.clock import SKEW_TOLD, measure_skew

OLDEST_POSTGRES = 15
# Waiting goes by the database's clock alone; dates and ages that people read go by ours.
SKEW_WARNING, SKEW_PROBLEM = timedelta(seconds=2), SKEW_TOLD
LATE_AFTER = timedelta(minutes=15)
# Files named by what alembic calls them, in their order: alembic itself is megabytes that a worker has no other use for.
MIGRATIONS = Path(shared.__file__).resolve().parent.parent / "migrations" / "versions"


def look_at_database(sessions: SessionFactory) -> Finding:
    """Finds out whether the database answers and is new enough."""
    try:
        with sessions() as session:
            version = int(session.scalar(select(func.current_setting("server_version_num"))) or 0) // 10_000
    except SQLAlchemyError as error:
        # The message of the driver names host and port, and no password.
        said = str(getattr(error, "orig", error)).strip().splitlines()[0]
        return problem("database", said, "check POSTGRES_* or DATABASE_URL, then: docker compose up -d db")
    if version < OLDEST_POSTGRES:
        return problem("database", f"PostgreSQL {version}", f"PostgreSQL {OLDEST_POSTGRES} or newer is needed")
    return ok("database", f"PostgreSQL {version}")


def look_at_role(sessions: SessionFactory) -> Finding:
    """Finds out whether the service could change its own tables. Raises SQLAlchemyError."""
    owns = text("SELECT pg_has_role(current_user, relowner, 'USAGE') FROM pg_class WHERE oid = 'audit_events'::regclass")
    with sessions() as session:
        is_owner = session.scalar(owns)
    if is_owner:
        fix = "set POSTGRES_SERVICE_PASSWORD, then: docker compose run --rm migrate && docker compose up -d"
        return warning("role", "the service's role owns the tables, the audit trail among them", fix)
    return ok("role", "the service's role owns no table")


def look_at_schema(sessions: SessionFactory) -> Finding:
    """Finds out whether the database has the migrations of this version, whose files are named in their order."""
    name, fix = "migrations", "docker compose run --rm migrate (without containers: alembic upgrade head)"
    known = sorted(path.name.split("_", 1)[0] for path in MIGRATIONS.glob("[0-9]*.py"))
    try:
        with sessions() as session:
            current = session.scalar(text("SELECT version_num FROM alembic_version"))
    except SQLAlchemyError:
        current = None
    if current is None:
        return problem(name, "the database is empty", fix)
    if current == known[-1]:
        return ok(name, f"at {current}")
    if current not in known:
        return problem(name, f"the database is at {current}, which this version does not know", "update the images")
    return problem(name, f"the database is at {current}, this version needs {known[-1]}", fix)


def look_at_clock(sessions: SessionFactory) -> Finding:
    """Finds out how far our clock and the database's are apart."""
    skew = abs(measure_skew(sessions))
    said = f"{skew.total_seconds():.1f} s apart from the database's"
    fix = "timedatectl set-ntp true, on both machines"
    if skew > SKEW_PROBLEM:
        return problem("clock", said, fix)
    return warning("clock", said, fix) if skew > SKEW_WARNING else ok("clock", said)


def look_at_work(sessions: SessionFactory) -> Iterator[Finding]:
    """Yields how old the oldest undecided delivery and the oldest due receipt are, and how many dead letters there are.

    Raises SQLAlchemyError.
    """
    with sessions() as session:
        dead = session.scalar(select(func.count()).where(WebhookRecord.state == RecordState.DEAD_LETTERED)) or 0
        undecided = session.scalar(
            select(func.min(WebhookRecord.created_at)).where(
                WebhookRecord.state.in_(OPEN_RECORD_STATES),
                WebhookRecord.receipt_id.is_(None),
                # What is put off on purpose, until the payments come, say, is not late.
                WebhookRecord.next_attempt_at <= func.now(),
            )
        )
        due = session.scalar(
            select(func.min(Receipt.budget_starts_at)).where(
                Receipt.state.in_(OPEN_RECEIPT_STATES), Receipt.next_attempt_at.is_not(None)
            )
        )
        now = session.scalars(select(func.now())).one()
    yield _judge_age("deliveries", undecided, now, "undecided", "are worker and beat running? docker compose ps")
    yield _judge_age("receipts", due, now, "due", "celery -A worker receipts list --state retrying shows why")
    if dead:
        fix = "celery -A worker receipts list --state dead_lettered"
        yield warning("dead letters", f"{dead} wait for a person", fix)
    else:
        yield ok("dead letters", "none")


def _judge_age(name: str, oldest: datetime | None, now: datetime, word: str, fix: str) -> Finding:
    if oldest is None:
        return ok(name, f"none {word}")
    age = now - oldest
    said = f"the oldest is {word} for {age.total_seconds() / 60:.0f} min"
    return problem(name, said, fix) if age > LATE_AFTER else ok(name, said)


def look_at_broker(redis: Redis) -> Finding:
    """Finds out whether Redis answers, and whether it would rather refuse than forget a message."""
    try:
        redis.ping()
    except (RedisError, OSError) as error:
        return problem("broker", f"Redis: {type(error).__name__}", "check REDIS_URL, then: docker compose up -d redis")
    try:
        policy = redis.info("memory").get("maxmemory_policy")
    except RedisError:  # a hosted Redis may keep its settings to itself
        policy = None
    if policy is None:
        return ok("broker", "Redis answers")
    if policy != "noeviction":
        fix = "set maxmemory-policy noeviction: under memory pressure Redis must refuse, not forget"
        return warning("broker", f"Redis may drop messages: {policy}", fix)
    return ok("broker", "Redis answers, noeviction")
