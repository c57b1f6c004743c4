"""Examines Webkassa: does it let us in, and may each cashbox sell."""

from collections.abc import Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from shared.config import Settings
from shared.salon.default_cashbox import ensure_default_cashbox
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox
from worker.entry.doctor.findings import SEVERAL, Finding, Level, ok, problem, warning
from worker.salon.administration import check_cashbox
from worker.services import Services
from worker.webkassa.errors import LoginRefused, WebkassaError


def look_at_webkassa(services: Services) -> Iterator[Finding]:
    """Yields whether the login is accepted, then what each cashbox in service says of itself."""
    where = f"webkassa {services.clients.host}"
    try:
        services.clients.open_default().authorize()
    except LoginRefused as error:
        fix = "check WEBKASSA_LOGIN, WEBKASSA_PASSWORD, and that WEBKASSA_API_TOKEN is of this host"
        yield problem(where, str(error), fix)
        return
    except WebkassaError as error:
        yield problem(where, str(error), "check WEBKASSA_API_URL and the way out of this machine; receipts wait meanwhile")
        return
    if services.breaker.is_open():
        yield warning(where, "lets us in, calls are still paused after an outage", "wait a minute")
    else:
        yield ok(where, "lets us in")
    for cashbox in _list_cashboxes(services.sessions, services.settings):
        fix = f"celery -A worker cashboxes check --cashbox {cashbox.unique_number}, and Webkassa's cabinet"
        for found in check_cashbox(services.sessions, services.settings, services.clients, cashbox):
            level = Level(found.level)
            told = "" if level is Level.OK else fix
            yield Finding(f"cashbox {found.cashbox}", level, found.text, told, cashbox.company_id or SEVERAL)


def _list_cashboxes(sessions: SessionFactory, settings: Settings) -> Sequence[Cashbox]:
    try:
        with sessions.begin() as session:
            ensure_default_cashbox(session, settings)
            return session.scalars(select(Cashbox).where(Cashbox.enabled).order_by(Cashbox.id)).all()
    except SQLAlchemyError:  # told of already
        return ()
