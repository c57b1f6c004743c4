"""Checks once a day that our address is still among a salon's webhook settings, with everything we need switched on.

Altegio replaces all addresses of a salon at once, so another integrator that saves its own wipes ours without a word.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert

from shared.altegio import FINANCES, GOODS_SALE, RECORD
from shared.config import Settings
from shared.logging import get_logger
from shared.storage.db import SessionFactory
from shared.storage.models import AltegioLook
from worker.alerts import clear_alert, raise_alert
from worker.altegio.client import AltegioClient
from worker.altegio.errors import AltegioError
from worker.rounds.missed_webhooks import find_salons

log = get_logger(__name__)

HOOKS = "hooks"
DAY = timedelta(days=1)
AFTER_FAILURE = timedelta(hours=1)
PATH = "/api/webhook"
NEEDED = (RECORD, FINANCES, GOODS_SALE)


def check_hooks(sessions: SessionFactory, settings: Settings, altegio: AltegioClient | None) -> None:
    """Looks at every salon whose day it is; raises or clears the alert `hook_lost`."""
    if altegio is None:
        return
    for company_id in find_salons(sessions, settings):
        if _claim_today(sessions, company_id):
            _check(sessions, settings, altegio, company_id)


def find_hook_problem(settings: Mapping[str, Any], public_url: str) -> str | None:
    """Says what is wrong with the webhook settings of a salon, None when all is well.

    Without `public_url` any address with our path is ours.
    """
    urls = settings.get("urls")
    listed = [str(url) for url in urls] if isinstance(urls, list) else []
    ours = f"{public_url.rstrip('/')}{PATH}" if public_url else PATH
    if not any(url.startswith(ours) if public_url else PATH in url for url in listed):
        return "our address is gone from the salon's webhook settings"
    if not _is_on(settings.get("active", 1)):
        return "webhooks are switched off in the salon's settings"
    off = [name for name in NEEDED if not _is_on(settings.get(name, 1))]
    return f"switched off in the salon's webhook settings: {', '.join(off)}" if off else None


def _is_on(value: Any) -> bool:
    return str(value).strip().lower() in ("1", "true")


def _claim_today(sessions: SessionFactory, company_id: int) -> bool:
    with sessions.begin() as session:
        session.execute(
            insert(AltegioLook).values(company_id=company_id, what=HOOKS, looked_until=func.now()).on_conflict_do_nothing()
        )
        claimed = session.execute(
            update(AltegioLook)
            .where(AltegioLook.company_id == company_id, AltegioLook.what == HOOKS, AltegioLook.next_look_at <= func.now())
            .values(next_look_at=func.now() + DAY, looked_until=func.now())
        )
    return bool(claimed.rowcount)  # type: ignore[attr-defined]


def _check(sessions: SessionFactory, settings: Settings, altegio: AltegioClient, company_id: int) -> None:
    try:
        problem = find_hook_problem(altegio.get_hook_settings(company_id), settings.public_url)
    except AltegioError as error:
        log.warning("hook settings not read", company_id=company_id, error=str(error))
        _look_again_soon(sessions, company_id)
        return
    if problem:
        raise_alert(sessions, "hook_lost", str(company_id), f"{company_id}: {problem}")
        _look_again_soon(sessions, company_id)
    else:
        clear_alert(sessions, "hook_lost", str(company_id))


def _look_again_soon(sessions: SessionFactory, company_id: int) -> None:
    with sessions.begin() as session:
        session.execute(
            update(AltegioLook)
            .where(AltegioLook.company_id == company_id, AltegioLook.what == HOOKS)
            .values(next_look_at=func.now() + AFTER_FAILURE)
        )
