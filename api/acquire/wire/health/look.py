"""Reads how the service is: what workers found when they last examined it, and what this process sees by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from celery import Celery
from kombu.exceptions import OperationalError as BrokerDown
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from api.acquire.cashbox.choice import limit_cashboxes
from api.acquire.wire.words.labels import LEVELS, Label, say_age
from api.acquire.words.text import Text
from api.health import find_oldest_open_age
from shared.config import Settings
from shared.fiscal.statuses import RecordState
from shared.queue import DEAD_LETTER, MAINTENANCE, RECEIPTS, RECORDS, count_waiting
from shared.redis_keys import breaker_open_key
from shared.storage.models import Cashbox, HealthReport, Round, WebhookRecord, WorkerSign
from shared.storage.models.wire.health_report import Examined

Said = Text | str
QUEUES = {
    RECORDS: Text("Deliveries to decide"),
    RECEIPTS: Text("Registers with receipts"),
    MAINTENANCE: Text("Rounds"),
    DEAD_LETTER: Text("For a person"),
}
# An examination of the service itself is due every five minutes.
_OLD = {Examined.SERVICE: timedelta(minutes=15), Examined.VENDORS: None}
_QUIET_WORKER, _QUIET_ROUND = timedelta(seconds=30), timedelta(minutes=5)
_LATE_SECONDS, _MANY_WAIT = 15 * 60, 1000


@dataclass(frozen=True, slots=True)
class Line:
    """Holds one thing that was looked at, what was found, and what to do about it."""

    name: Said
    level: str
    said: Said
    fix: str = ""

    @property
    def label(self) -> Label:
        return LEVELS.get(self.level, LEVELS["problem"])


@dataclass(frozen=True, slots=True)
class Report:
    """Holds what an examination found, and when; `is_old`: nobody has examined it for too long."""

    examined_at: datetime
    is_old: bool
    lines: Sequence[Line]


def read_reports(session: Session, salons: Salons) -> dict[str, Report]:
    """Returns the newest examinations, without what is about salons that somebody does not belong to."""
    now = session.scalars(select(func.now())).one()
    found = session.scalars(select(HealthReport).order_by(HealthReport.id)).all()
    return {row.part: _read(row, salons, now) for row in found}


def _read(row: HealthReport, salons: Salons, now: datetime) -> Report:
    allowed = [one for one in row.findings if one.get("about") is None or salons.include(one["about"])]
    longest = _OLD.get(Examined(row.part))
    lines = [Line(one["name"], one["level"], one["said"], one.get("fix", "")) for one in allowed]
    return Report(row.examined_at, longest is not None and now - row.examined_at > longest, lines)


def look_around(session: Session, salons: Salons, settings: Settings, producer: Celery, redis: Redis) -> list[Line]:
    """Returns what this process sees by itself, however long ago a worker examined anything."""
    return [
        *_look_at_queues(producer),
        _look_at_breaker(redis, settings),
        _look_at_oldest(session),
        _look_at_dead_letters(session, salons),
        *_look_at_registers(session, salons),
        *_look_at_workers(session),
        *_look_at_rounds(session),
    ]


def _look_at_queues(producer: Celery) -> Iterator[Line]:
    for queue, name in QUEUES.items():
        try:
            count = count_waiting(producer, queue)
        except (BrokerDown, RedisError, OSError):
            yield Line(Text("Broker"), "problem", Text("It does not answer; receipts go out all the same, more slowly."))
            return
        is_much = count > _MANY_WAIT if queue != DEAD_LETTER else count > 0
        yield Line(name, "warning" if is_much else "ok", Text("%(count)s messages wait", count=count))


def _look_at_breaker(redis: Redis, settings: Settings) -> Line:
    host = urlsplit(settings.webkassa_api_url).netloc
    try:
        is_open = bool(redis.exists(breaker_open_key(host)))
    except (RedisError, OSError):
        return Line("Webkassa", "warning", Text("Whether calls are paused is not known."))
    if is_open:
        return Line("Webkassa", "problem", Text("It does not answer: calls are paused, one tries every few seconds."))
    return Line("Webkassa", "ok", Text("Calls are not paused."))


def _look_at_oldest(session: Session) -> Line:
    name, age = Text("Oldest in work"), find_oldest_open_age(session)
    if age is None:
        return Line(name, "ok", Text("Nothing waits."))
    level = "problem" if age > _LATE_SECONDS else "ok"
    return Line(name, level, Text("waits for %(span)s", span=say_age(timedelta(seconds=age))))


def _look_at_dead_letters(session: Session, salons: Salons) -> Line:
    dead = (WebhookRecord.state == RecordState.DEAD_LETTERED, salons.allow(WebhookRecord.company_id))
    count = session.scalar(select(func.count()).where(*dead)) or 0
    return Line(Text("Needs a person"), "warning" if count else "ok", Text("%(count)s deliveries", count=count))


def _look_at_registers(session: Session, salons: Salons) -> Iterator[Line]:
    seen = select(Cashbox).where(Cashbox.enabled, limit_cashboxes(session, salons, Cashbox.id)).order_by(Cashbox.id)
    for cashbox in session.scalars(seen):
        name = Text("Register %(number)s", number=cashbox.unique_number)
        if cashbox.paused_since is None:
            yield Line(name, "ok", Text("in service"))
        else:
            said = Text("paused since %(time)s, code %(code)s", time=cashbox.paused_since, code=cashbox.paused_code or "—")
            yield Line(name, "problem", said, cashbox.paused_reason or "")


def _look_at_workers(session: Session) -> Iterator[Line]:
    age = (func.now() - WorkerSign.seen_at).label("age")
    signs = session.execute(select(WorkerSign.name, WorkerSign.takes, age).order_by(WorkerSign.name)).all()
    if not signs:
        yield Line(Text("Workers"), "problem", Text("None has given a sign of life."))
    for sign in signs:
        is_well = sign.age < _QUIET_WORKER and sign.takes == "messages"
        said = Text("seen %(span)s ago, takes work from: %(takes)s", span=say_age(sign.age), takes=sign.takes)
        yield Line(sign.name, "ok" if is_well else "problem" if sign.age >= _QUIET_WORKER else "warning", said)


def _look_at_rounds(session: Session) -> Iterator[Line]:
    """The dispatcher's alone: the others have hours of their own, and the examination tells of them."""
    age: Any = func.now() - Round.began_at
    found = session.scalar(select(age).where(Round.name == "worker.tasks.dispatch"))
    if found is None:
        return
    level = "problem" if found > _QUIET_ROUND else "ok"
    yield Line(Text("Dispatcher"), level, Text("last began %(span)s ago", span=say_age(found)))
