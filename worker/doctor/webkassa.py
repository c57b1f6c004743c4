"""Webkassa: does it let us in, and may each cashbox sell."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from shared.clock import ALMATY, utc_now
from shared.models import Cashbox
from worker.cashbox_lock import hold_cashbox
from worker.doctor.findings import Finding, ok, problem, warning
from worker.services import Services
from worker.webkassa.errors import LoginRefused, WebkassaError

# Of `CashboxStatus`; every other number means that the register does not sell.
ACTIVE = 1
RENEW_WITHIN = timedelta(days=14)


def look_at_webkassa(services: Services) -> Iterator[Finding]:
    where = f"webkassa {services.webkassa.host}"
    try:
        services.webkassa.authorize()
    except LoginRefused as error:
        yield problem(
            where, str(error), "check WEBKASSA_LOGIN, WEBKASSA_PASSWORD, WEBKASSA_API_TOKEN and that the key is of this host"
        )
        return
    except WebkassaError as error:
        yield problem(where, str(error), "check WEBKASSA_API_URL and the way out of this machine; receipts wait meanwhile")
        return
    if services.breaker.is_open():
        yield warning(where, "lets us in, calls are still paused after an outage", "wait a minute")
    else:
        yield ok(where, "lets us in")
    for cashbox_id, number in _list_cashboxes(services):
        yield _look_at_cashbox(services, cashbox_id, number)


def _list_cashboxes(services: Services) -> list[tuple[int | None, str]]:
    """Those in use, and that of the environment, which has no row before its first receipt."""
    default = services.settings.webkassa_shop_id
    try:
        with services.sessions() as session:
            rows = session.execute(
                select(Cashbox.id, Cashbox.unique_number).where(Cashbox.enabled).order_by(Cashbox.id)
            ).all()
    except SQLAlchemyError:  # told of already
        rows = []
    found: list[tuple[int | None, str]] = [(row.id, row.unique_number) for row in rows]
    known = {number for _, number in found}
    return found if default in known or not default else [*found, (None, default)]


def _look_at_cashbox(services: Services, cashbox_id: int | None, number: str) -> Finding:
    name = f"cashbox {number}"
    if cashbox_id is None:
        return _ask(services, name, number)
    with hold_cashbox(services.sessions, cashbox_id, services.settings.lease_seconds, even_if_paused=True) as claim:
        if claim is None:
            return ok(name, "at work just now")
        return _ask(services, name, number)


def _ask(services: Services, name: str, number: str) -> Finding:
    try:
        info = services.webkassa.client_info(number)
    except WebkassaError as error:
        return problem(name, str(error), "check WEBKASSA_SHOP_ID, and that this login may use the cashbox")
    return judge_cashbox(name, info, utc_now())


def judge_cashbox(name: str, info: dict[str, Any], now: datetime) -> Finding:
    """What `client-info` means. A licence date that cannot be read is no reason to alarm anybody."""
    status = info.get("CashboxStatus")
    if status != ACTIVE:
        return problem(
            name, f"does not sell: status {status}", "open the cashbox in Webkassa's cabinet, or call their support"
        )
    ends_at = _read_moment((info.get("License") or {}).get("LicenseExpirationDate"))
    if ends_at is None:
        return ok(name, "active")
    said = f"licence until {ends_at.astimezone(ALMATY):%Y-%m-%d}"
    fix = "renew the licence in Webkassa's cabinet"
    if ends_at <= now:
        return problem(name, said, fix)
    return warning(name, said, fix) if ends_at - now < RENEW_WITHIN else ok(name, f"active, {said}")


def _read_moment(value: object) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=ALMATY)
