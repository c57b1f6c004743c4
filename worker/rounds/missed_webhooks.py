"""Finds webhooks that never came: every few minutes Altegio is asked what changed since the last look.

Altegio repeats a delivery twice within seconds and then forgets it. A look overlaps the one before, so that what was being
written while we looked is seen the next time; what is known already changes nothing.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.logging import get_logger
from shared.queue import publish_records
from shared.storage.db import SessionFactory
from shared.storage.models import AltegioLook, Cashbox, Visit
from worker.alerts import send_alert
from worker.altegio.client import AltegioClient
from worker.altegio.errors import AltegioError, AltegioRefused, NoRights, NotFound
from worker.altegio.schemas import read_payments
from worker.decide.store_missed import store_missed_payment, store_missed_record
from worker.salon.serving import list_salons, load_salon
from worker.services import Services

log = get_logger(__name__)

RECORDS, TRANSACTIONS = "records", "transactions"
# In which zone Altegio reads `changed_after` is not documented: the salon's is sent, and UTC would put it five hours ahead.
OVERLAP = timedelta(hours=5, minutes=30)
# How long a look may take before somebody else may begin it anew.
LOOK_SECONDS = 300
AFTER_FAILURE_SECONDS = 30.0
# A right that is missing is given by a person, not by asking again.
AFTER_REFUSAL_SECONDS = 3600.0
PAGE = 100
MAX_PAGES = 100

Store = Callable[[Session, int, dict[str, Any]], int | None]


@dataclass(frozen=True, slots=True)
class _Look:
    company_id: int
    what: str
    since: datetime
    began_at: datetime


@dataclass(slots=True)
class _Ledger:
    """Lists movements of money and stores them with the kinds of their accounts, which only the list of accounts tells."""

    sessions: SessionFactory
    client: AltegioClient
    accounts: Mapping[int, bool] = field(default_factory=dict)

    def list_page(self, company_id: int, since: datetime, **page: Any) -> list[dict[str, Any]]:
        rows = self.client.list_transactions_changed(company_id, since, **page)
        if rows and not self.accounts:
            self.accounts = self._list_accounts(company_id)
        return rows

    def store(self, session: Session, company_id: int, row: dict[str, Any]) -> int | None:
        [operation] = read_payments([row], self.accounts)
        account = {"account": operation.account.model_dump(exclude_none=True)} if operation.account else {}
        return store_missed_payment(session, company_id, row | account, operation)

    def _list_accounts(self, company_id: int) -> Mapping[int, bool]:
        """Empty where Altegio does not tell: the money is known nevertheless."""
        try:
            return self.client.list_accounts(company_id, background=True)
        except NoRights as error:
            send_alert(self.sessions, "altegio_rights", str(error))
        except (AltegioRefused, NotFound) as error:
            log.warning("altegio does not tell", company_id=company_id, error=str(error))
        return {}


def catch_up(services: Services) -> int:
    """Takes one look at every salon whose turn it is; returns how many missed deliveries were stored."""
    if services.altegio is None:
        return 0
    found: list[int] = []
    for company_id in find_salons(services.sessions, services.settings):
        for what in (RECORDS, TRANSACTIONS):
            look = _begin(services.sessions, company_id, what)
            if look is not None:
                found += _look(services, services.altegio, look)
    if found:
        log.warning("webhooks never came, taken over from Altegio", rows=len(found))
    return len(found)


def find_salons(sessions: SessionFactory, settings: Settings) -> Sequence[int]:
    """Returns ids of salons with a cashbox by name, and of those the environment's serves because they posted."""
    with sessions.begin() as session:
        named = set(list_salons(session, settings))
        posted = set(session.scalars(_build_distinct_salons())) - named
        served = {company_id for company_id in posted if load_salon(session, settings, company_id).cashbox is not None}
    return sorted(named | served)


def _build_distinct_salons() -> Select[int]:
    """Builds the question which salons posted: one probe of the index a salon, however many visits there are."""
    salon = select(func.min(Visit.company_id).label("company_id")).cte("salon", recursive=True)
    following = select(func.min(Visit.company_id)).where(Visit.company_id > salon.c.company_id).scalar_subquery()
    salon = salon.union_all(select(following).where(salon.c.company_id.is_not(None)))
    return select(salon.c.company_id).where(salon.c.company_id.is_not(None))


def _begin(sessions: SessionFactory, company_id: int, what: str) -> _Look | None:
    """Claims the look, so that two beats look once; None when it is not due."""
    with sessions.begin() as session:
        _ensure_look(session, company_id, what)
        claimed = session.execute(
            update(AltegioLook)
            .where(AltegioLook.company_id == company_id, AltegioLook.what == what, AltegioLook.next_look_at <= func.now())
            .values(next_look_at=func.now() + timedelta(seconds=LOOK_SECONDS))
            .returning(AltegioLook.began_at, AltegioLook.looked_until, func.now().label("now"))
        ).one_or_none()
    if claimed is None:
        return None
    since = max(claimed.began_at, claimed.looked_until - OVERLAP)
    return _Look(company_id, what, since, began_at=claimed.now)


def _ensure_look(session: Session, company_id: int, what: str) -> None:
    known = select(AltegioLook.id).where(AltegioLook.company_id == company_id, AltegioLook.what == what)
    if session.scalar(known) is None:
        began_at = _find_beginning(session, company_id)
        values = {"company_id": company_id, "what": what, "began_at": began_at, "looked_until": began_at}
        session.execute(insert(AltegioLook).values(values).on_conflict_do_nothing())


def _find_beginning(session: Session, company_id: int) -> datetime:
    """Where the bridge came to the salon: what was paid before may have been receipted by hand."""
    begun = session.scalar(select(func.min(Cashbox.created_at)).where(Cashbox.company_id == company_id))
    if begun is None:
        begun = session.scalar(select(func.min(Visit.created_at)).where(Visit.company_id == company_id))
    return begun or session.scalars(select(func.now())).one()


def _look(services: Services, client: AltegioClient, look: _Look) -> list[int]:
    try:
        found = _ask(services, client, look)
    except NoRights as error:
        send_alert(services.sessions, "altegio_rights", str(error))
        _end(services.sessions, look, AFTER_REFUSAL_SECONDS)
        return []
    except AltegioError as error:
        log.warning("look failed, repeated soon", company_id=look.company_id, what=look.what, error=str(error))
        _end(services.sessions, look, error.retry_after or AFTER_FAILURE_SECONDS)
        return []
    _end(services.sessions, look, services.settings.reconcile_interval_seconds, looked_until=look.began_at)
    return found


def _ask(services: Services, client: AltegioClient, look: _Look) -> list[int]:
    """Raises AltegioError."""
    if look.what == RECORDS:
        return _turn_pages(services, look, client.list_changed_records, _store_record)
    ledger = _Ledger(services.sessions, client)
    found = _turn_pages(services, look, ledger.list_page, ledger.store)
    return found + _turn_pages(services, look, functools.partial(ledger.list_page, deleted=True), ledger.store)


def _turn_pages(services: Services, look: _Look, ask: Callable[..., list[dict[str, Any]]], store: Store) -> list[int]:
    found: list[int] = []
    for page in range(1, MAX_PAGES + 1):
        rows = ask(look.company_id, look.since, page=page, count=PAGE, background=True)
        stored = _store_page(services.sessions, look.company_id, rows, store)
        if stored:
            publish(services.producer, stored)
        found += stored
        if len(rows) < PAGE:
            return found
    log.error("more changes than a look can take", company_id=look.company_id, what=look.what)
    return found


def publish(producer: Celery, rows: Sequence[int]) -> None:
    """Has the rows decided; without a broker the dispatcher finds them."""
    try:
        publish_records(producer, rows)
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("rows left to the dispatcher", error=type(error).__name__, rows=len(rows))


def _store_page(sessions: SessionFactory, company_id: int, rows: Sequence[dict[str, Any]], store: Store) -> list[int]:
    stored: list[int] = []
    with sessions.begin() as session:
        for row in rows:
            try:
                row_id = store(session, company_id, row)
            except ValueError as error:
                # Not its text: that would repeat what could not be read.
                log.error("unreadable in Altegio's list", company_id=company_id, error=type(error).__name__)
                continue
            if row_id is not None:
                stored.append(row_id)
    return stored


def _store_record(session: Session, company_id: int, row: dict[str, Any]) -> int | None:
    return store_missed_record(session, company_id, row)


def _end(sessions: SessionFactory, look: _Look, wait_seconds: float, *, looked_until: datetime | None = None) -> None:
    values: dict[str, Any] = {"next_look_at": func.now() + timedelta(seconds=wait_seconds)}
    if looked_until is not None:
        values["looked_until"] = looked_until
    with sessions.begin() as session:
        session.execute(
            update(AltegioLook)
            .where(AltegioLook.company_id == look.company_id, AltegioLook.what == look.what)
            .values(values)
        )
