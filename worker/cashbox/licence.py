"""Asks a register for its licence and its state, writes the licence down; by day, and when somebody tests the register."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert

from shared.clock import ALMATY
from shared.fiscal.statuses import CallOutcome
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox, CashboxLicence
from worker.cashbox.calls import CLIENT_INFO, close_log, open_log, outcome_of
from worker.cashbox.claim import CashboxClaim
from worker.webkassa.clients import CashboxClients
from worker.webkassa.errors import WebkassaError

# What servers write for "none" is the first day of the year 1.
_LIKELY_YEARS = (2000, 2200)


def read_licence_end(info: dict[str, Any]) -> datetime | None:
    """Returns `LicenseExpirationDate` of Webkassa's client-info; None where there is none that can be read."""
    licence = info.get("License")
    text = licence.get("LicenseExpirationDate") if isinstance(licence, dict) else None
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    if not _LIKELY_YEARS[0] <= moment.year <= _LIKELY_YEARS[1]:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=ALMATY)


def ask_licence(sessions: SessionFactory, clients: CashboxClients, claim: CashboxClaim, number: str) -> dict[str, Any]:
    """Returns Webkassa's client-info, with a row for the call, once the licence is written down. Raises WebkassaError."""
    with sessions.begin() as session:
        log_id = open_log(session, CLIENT_INFO, claim.cashbox_id, {"CashboxUniqueNumber": number})
    try:
        info = clients.open(claim.cashbox_id).client_info(number)
    except WebkassaError as error:
        with sessions.begin() as session:
            close_log(session, log_id, outcome_of(error), error=error)
        raise
    with sessions.begin() as session:
        close_log(session, log_id, CallOutcome.ISSUED, response=info)
        values = {"expires_at": read_licence_end(info), "checked_at": func.now()}
        session.execute(
            insert(CashboxLicence)
            .values(cashbox_id=claim.cashbox_id, **values)
            .on_conflict_do_update(index_elements=[CashboxLicence.cashbox_id], set_=values)
        )
    return info


def try_register(sessions: SessionFactory, clients: CashboxClients, claim: CashboxClaim, number: str) -> dict[str, Any]:
    """Signs in anew, reads the register and returns what it said of itself. Raises WebkassaError.

    A paused one that answers is tried now instead of at its next probe.
    """
    clients.open(claim.cashbox_id).sign_in()
    info = ask_licence(sessions, clients, claim, number)
    with sessions.begin() as session:
        paused = update(Cashbox).where(Cashbox.id == claim.cashbox_id, Cashbox.paused_since.is_not(None))
        session.execute(paused.values(paused_until=func.now()))
    return {"CashboxStatus": info.get("CashboxStatus"), "License": info.get("License")}
