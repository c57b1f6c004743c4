"""Examines the workers: which are alive, and does each take work.

By the rows that they write themselves, since a worker that takes nothing may still answer through Redis.
"""

from collections.abc import Iterator

from celery import Celery
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from shared.storage.db import SessionFactory
from shared.storage.models import WorkerSign
from worker.entry.doctor.findings import Finding, ok, problem, warning
from worker.rounds.alone.sign import GIVE_SECONDS, Takes

NAME = "workers"
# All have answered long before, where the machine is at rest.
PING_SECONDS = 10.0
# As long as a statement of a busy database may take, and a few signs.
SEEN_SECONDS = 4 * GIVE_SECONDS
_FIX = "docker compose up -d worker, then: docker compose logs worker"


def look_at_workers(sessions: SessionFactory, app: Celery, *, is_broker_well: bool) -> Iterator[Finding]:
    """Yields a finding for all that take messages, and one for each that does not."""
    age = func.extract("epoch", func.now() - WorkerSign.seen_at)
    try:
        with sessions() as session:
            signs = session.execute(
                select(WorkerSign.name, WorkerSign.takes).where(age < SEEN_SECONDS).order_by(WorkerSign.name)
            ).all()
    except SQLAlchemyError:  # told of already
        return
    if not signs:
        yield problem(NAME, "none gave a sign of life lately", _FIX)
        return
    taking = [name for name, takes in signs if takes == Takes.MESSAGES]
    silent = sorted(set(taking) - _ping(app, len(taking))) if is_broker_well else []
    well = [name for name in taking if name not in silent]
    if well:
        yield ok(NAME, ", ".join(well))
    for name in silent:
        yield problem(NAME, f"{name} does not answer", _FIX)
    for name, takes in signs:
        if takes == Takes.TABLES:
            fix = "look at Redis and at who is in it: docker compose logs redis worker"
            yield warning(NAME, f"{name} gets no messages, and takes its work from the tables", fix)
        elif takes == Takes.NOTHING:
            yield problem(NAME, f"{name} takes no work", _FIX)


def _ping(app: Celery, count: int) -> set[str]:
    """Names of those that answer, as soon as so many have."""
    try:
        answers = app.control.ping(timeout=PING_SECONDS, limit=count) or []
    except (BrokerDown, RedisError, OSError):
        return set()
    return {name for answer in answers for name in answer}
