"""Finds what lasts just now, by the tables, Redis and the disk. Cheap: every question has an index or few rows."""

import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from redis.exceptions import OutOfMemoryError, RedisError, ResponseError
from sqlalchemy import exists, func, or_, select

from shared.clock import almaty_date
from shared.config import Settings
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, OPEN_RECORD_STATES, CallOutcome, ReceiptState, RecordState
from shared.logging import get_logger
from shared.queue import MAINTENANCE, PROBE_KEY, RECEIPTS, RECORDS
from shared.redis_keys import gateway_words_key
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox, CashboxLicence, FiscalizationLog, Receipt, Round, WebhookRecord
from worker.alerts import kinds
from worker.alerts.remedies import name_remedy
from worker.rounds.watch.backups import find_backup_trouble
from worker.rounds.watch.condition import Condition, ask, make_condition
from worker.rounds.watch.fiscal_day import find_autonomous, find_old_shifts, find_unclosed_shifts
from worker.rounds.watch.goods import find_uncoded_goods
from worker.rounds.watch.looks import find_looks_behind
from worker.rounds.watch.refused_returns import find_refused_returns
from worker.salon.administration import list_unknown_salons
from worker.services import Services
from worker.webkassa.errors import CashboxBusy
from worker.webkassa.session_token import find_shared_logins

log = get_logger(__name__)

# More messages than the dispatcher ever puts back: webhooks come faster than they are decided.
LONG_QUEUE = 2000
REDIS_FULL_PERCENT = 80
# Beat asks for a round every few seconds.
TICKS_MISSED_AFTER = timedelta(minutes=5)
OPEN_AT_MOST = timedelta(hours=1)
BUSY_FOR = timedelta(minutes=5)
# A licence is told of this many days before its end, and on the day itself.
LICENCE_DAYS = (30, 7, 1, 0)

_Look = Callable[[Services], Iterable[Condition]]


@dataclass(frozen=True, slots=True)
class Observation:
    """Holds what was found, and in `looked_for` the kinds that could be looked for.

    What was not found of those is over; of others nothing is known.
    """

    found: tuple[Condition, ...]
    looked_for: frozenset[str]


def observe(services: Services) -> Observation:
    """Looks for every kind of trouble once. What cannot be looked for is left out. Raises SQLAlchemyError.

    A row that cannot be read, such as a date Python does not know, stops one look and not the others.
    """
    found: list[Condition] = []
    looked_for: set[str] = set()
    for kind, look in _LOOKS.items():
        try:
            found += look(services)
        except (RedisError, OSError, ValueError, ArithmeticError) as error:
            log.warning("cannot look", kind=kind, error=type(error).__name__)
        else:
            looked_for.add(kind)
    return Observation(tuple(found), frozenset(looked_for))


def _find_dead_letters(sessions: SessionFactory, settings: Settings) -> Iterator[Condition]:
    count = ask(sessions, select(func.count()).where(WebhookRecord.state == RecordState.DEAD_LETTERED))[0][0]
    if count:
        yield make_condition(settings, kinds.DEAD_LETTER, "", size=count, count=count)


def _find_breaker(services: Services) -> Iterator[Condition]:
    # Asked of Redis directly: the breaker itself calls an unreachable Redis closed.
    services.redis.ping()
    if services.breaker.is_open():
        words: bytes | None = services.redis.get(gateway_words_key(services.clients.host))  # type: ignore[assignment]
        yield make_condition(services.settings, kinds.BREAKER_OPEN, "", said=f" ({words.decode()})" if words else "")


def _find_paused(sessions: SessionFactory, settings: Settings) -> Iterator[Condition]:
    """From the first refusal until the register takes a receipt again, probes between them left out."""
    paused = select(Cashbox.unique_number, Cashbox.paused_code).where(Cashbox.enabled, Cashbox.paused_since.is_not(None))
    for number, code in ask(sessions, paused):
        remedy = name_remedy(code, settings.alert_language)
        yield make_condition(settings, kinds.CASHBOX_PAUSED, number, cashbox=number, remedy=remedy)


def _find_shared_logins(services: Services) -> Iterator[Condition]:
    """Receipts go out all the same, each with a new login, so that nobody would notice."""
    numbers = find_shared_logins(services.redis)
    if not numbers:
        return
    # Only names of ours: what people read must not be what somebody wrote into Redis.
    known = select(Cashbox.unique_number).where(Cashbox.unique_number.in_(numbers)).order_by(Cashbox.id)
    for (number,) in ask(services.sessions, known):
        yield make_condition(services.settings, kinds.LOGIN_SHARED, number, cashbox=number)


def _find_busy(sessions: SessionFactory, settings: Settings) -> Iterator[Condition]:
    """Receipts that were told "one call at a time" for minutes: no call of ours lasts so long."""
    told_before = exists().where(
        FiscalizationLog.receipt_id == Receipt.id,
        FiscalizationLog.outcome == CallOutcome.UNAVAILABLE,
        FiscalizationLog.error_code == "9",
        FiscalizationLog.created_at < func.now() - BUSY_FOR,
    )
    busy = (
        select(Cashbox.unique_number)
        .join(Receipt, Receipt.cashbox_id == Cashbox.id)
        .where(Receipt.state.in_(OPEN_RECEIPT_STATES), Receipt.error_kind == CashboxBusy.__name__, told_before)
        .distinct()
    )
    for (number,) in ask(sessions, busy):
        yield make_condition(settings, kinds.CASHBOX_BUSY, number, cashbox=number)


def _find_old_unissued(sessions: SessionFactory, settings: Settings) -> Iterator[Condition]:
    """Sales that wait for their turn. What waits for a person is a dead letter, what waits for a payment is no sale yet."""
    limit = timedelta(minutes=settings.alert_oldest_minutes)
    receipts = (
        select(Cashbox.unique_number, func.count())
        .join(Receipt, Receipt.cashbox_id == Cashbox.id)
        .where(
            Receipt.state.in_(OPEN_RECEIPT_STATES),
            Receipt.next_attempt_at.is_not(None),
            Receipt.budget_starts_at < func.now() - limit,
        )
        .group_by(Cashbox.unique_number)
    )
    deliveries = select(func.count()).where(
        WebhookRecord.state.in_(OPEN_RECORD_STATES),
        WebhookRecord.receipt_id.is_(None),
        WebhookRecord.created_at < func.now() - limit,
    )
    minutes = int(settings.alert_oldest_minutes)
    for number, count in ask(sessions, receipts):
        yield make_condition(settings, kinds.OLDEST_UNISSUED, number, where=number, minutes=minutes, count=count)
    undecided = ask(sessions, deliveries)[0][0]
    if undecided:
        yield make_condition(settings, kinds.OLDEST_UNISSUED, "", where="Altegio", minutes=minutes, count=undecided)


def _find_open_too_long(sessions: SessionFactory, settings: Settings) -> Iterator[Condition]:
    """Rows that have not ended, whatever else they say; but those of a paused cashbox, which is told, and what waits for a
    person, which is a dead letter.
    """
    is_told = exists().where(Cashbox.id == Receipt.cashbox_id, Cashbox.paused_since.is_not(None))
    deliveries = (
        select(func.count())
        .select_from(WebhookRecord)
        .outerjoin(Receipt, Receipt.id == WebhookRecord.receipt_id)
        .where(WebhookRecord.state.in_(OPEN_RECORD_STATES), WebhookRecord.created_at < func.now() - OPEN_AT_MOST, ~is_told)
    )
    receipts = select(func.count()).where(
        Receipt.state.in_(OPEN_RECEIPT_STATES),
        or_(Receipt.state == ReceiptState.PENDING, Receipt.next_attempt_at.is_not(None)),
        Receipt.budget_starts_at < func.now() - OPEN_AT_MOST,
        ~is_told,
    )
    for table, query in (("webhook_records", deliveries), ("receipts", receipts)):
        count = ask(sessions, query)[0][0]
        if count:
            yield make_condition(settings, kinds.OPEN_TOO_LONG, table, size=count, table=table, count=count)


def _find_ending_licences(sessions: SessionFactory, settings: Settings) -> Iterator[Condition]:
    query = (
        select(Cashbox.unique_number, CashboxLicence.expires_at, func.now())
        .join(CashboxLicence, CashboxLicence.cashbox_id == Cashbox.id)
        .where(Cashbox.enabled, CashboxLicence.expires_at < func.now() + timedelta(days=LICENCE_DAYS[0]))
    )
    for number, expires_at, now in ask(sessions, query):
        left = expires_at - now
        stage = sum(left <= timedelta(days=days) for days in LICENCE_DAYS)
        day = almaty_date(expires_at).isoformat()
        yield make_condition(settings, kinds.LICENCE_END, number, size=max(stage, 1), cashbox=number, day=day)


def _find_unknown_salons(sessions: SessionFactory, settings: Settings) -> Iterator[Condition]:
    with sessions() as session:
        waiting = list_unknown_salons(session)
    for company, count in waiting:
        yield make_condition(settings, kinds.UNKNOWN_COMPANY, str(company), size=count, company=company, count=count)


def _find_full_disk(services: Services) -> Iterator[Condition]:
    """Of the place this process runs in: with containers usually the disk that the database's volume is on too."""
    usage = shutil.disk_usage(Path.cwd())
    percent = usage.free * 100 // usage.total
    if percent < services.settings.alert_disk_free_percent:
        yield make_condition(services.settings, kinds.DISK, "", percent=percent)


def _find_broker_trouble(services: Services) -> Iterator[Condition]:
    """Away, about to refuse or forget, or refusing: which shows only where something is written."""
    try:
        problem = _find_redis_problem(services.redis.info())
        services.redis.set(PROBE_KEY, "1", ex=60)
    except OutOfMemoryError:
        return  # told as what it is, below
    except (RedisError, OSError) as error:
        # Of an error without a class of its own, Redis's word for it.
        problem = str(error).split(" ", maxsplit=1)[0] if type(error) is ResponseError else type(error).__name__
    if problem:
        yield make_condition(services.settings, kinds.BROKER, "", problem=problem)


def _find_redis_problem(info: dict[str, Any]) -> str | None:
    failed = [name for name in ("aof_last_write_status", "rdb_last_bgsave_status") if info.get(name, "ok") != "ok"]
    return f"{failed[0]}={info[failed[0]]}" if failed else None


def _find_full_redis(services: Services) -> Iterator[Condition]:
    """Nearly full, and again when it refuses."""
    info: dict[str, Any] = services.redis.info("memory")
    limit, used = int(info.get("maxmemory") or 0), int(info.get("used_memory") or 0)
    percent = used * 100 // limit if limit else 0
    if percent >= REDIS_FULL_PERCENT:
        size = 2 if percent >= 100 else 1
        yield make_condition(services.settings, kinds.REDIS_FULL, "", size=size, percent=min(percent, 100))


def _find_no_ticks(sessions: SessionFactory, settings: Settings) -> Iterator[Condition]:
    """Asked by whoever does beat's work meanwhile."""
    silence = func.now() - func.coalesce(func.max(Round.ticked_at), func.min(Round.created_at))
    seconds = ask(sessions, select(func.extract("epoch", silence)))[0][0]
    if seconds is not None and seconds > TICKS_MISSED_AFTER.total_seconds():
        yield make_condition(settings, kinds.TICKS, "", minutes=int(seconds // 60))


def _find_long_queue(services: Services) -> Iterator[Condition]:
    count = sum(int(services.redis.llen(name)) for name in (RECORDS, RECEIPTS, MAINTENANCE))
    if count > LONG_QUEUE:
        yield make_condition(services.settings, kinds.QUEUE, "", size=count, count=count)


def _of_tables(look: Callable[[SessionFactory, Settings], Iterable[Condition]]) -> _Look:
    return lambda services: look(services.sessions, services.settings)


_LOOKS: dict[str, _Look] = {
    kinds.DEAD_LETTER: _of_tables(_find_dead_letters),
    kinds.BREAKER_OPEN: _find_breaker,
    kinds.CASHBOX_PAUSED: _of_tables(_find_paused),
    kinds.LOGIN_SHARED: _find_shared_logins,
    kinds.CASHBOX_BUSY: _of_tables(_find_busy),
    kinds.OLDEST_UNISSUED: _of_tables(_find_old_unissued),
    kinds.OPEN_TOO_LONG: _of_tables(_find_open_too_long),
    kinds.LICENCE_END: _of_tables(_find_ending_licences),
    kinds.UNKNOWN_COMPANY: _of_tables(_find_unknown_salons),
    kinds.DISK: _find_full_disk,
    kinds.BROKER: _find_broker_trouble,
    kinds.REDIS_FULL: _find_full_redis,
    kinds.TICKS: _of_tables(_find_no_ticks),
    kinds.QUEUE: _find_long_queue,
    kinds.SHIFT_OLD: _of_tables(find_old_shifts),
    kinds.SHIFT_NOT_CLOSED: _of_tables(find_unclosed_shifts),
    kinds.OFFLINE: _of_tables(find_autonomous),
    kinds.GOODS_UNCODED: _of_tables(find_uncoded_goods),
    kinds.RETURN_REFUSED: _of_tables(find_refused_returns),
    kinds.BACKUP: _of_tables(find_backup_trouble),
    kinds.LOOK_BEHIND: lambda services: find_looks_behind(services.sessions, services.settings, services.altegio),
}
