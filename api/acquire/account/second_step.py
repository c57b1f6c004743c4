"""Signs managers in whose password was right, by the code of their second factor."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import exists, select

from api.acquire.access import audit
from api.acquire.access.audit import Doer
from api.acquire.access.hashing import hash_token
from api.acquire.access.signing import get_secret, seal, unseal
from api.acquire.account.attempts import forgive, take_attempt
from api.acquire.account.candidate import Candidate, SignedIn, let_in
from api.acquire.account.second_factor import take_code
from api.acquire.account.sessions import Place
from shared.clock import utc_now
from shared.config import Settings
from shared.storage.db import SessionFactory
from shared.storage.models import StaffDevice, StaffUser

TICKET_LASTS = timedelta(minutes=5)
_PURPOSE = "second step"


@dataclass(frozen=True, slots=True)
class NeedsCode:
    """Says that the password was right and a code is asked for. `ticket` goes with the form that brings the code."""

    ticket: str


def give_ticket(settings: Settings, candidate: Candidate) -> NeedsCode:
    """Returns a ticket of five minutes, worth nothing after a change of the password."""
    until = int((utc_now() + TICKET_LASTS).timestamp())
    value = f"{candidate.id}.{until}.{hash_token(candidate.password_hash)}"
    return NeedsCode(seal(get_secret(settings), _PURPOSE, value))


def take_second_step(
    sessions: SessionFactory, settings: Settings, ticket: str, code: str, place: Place, device: str | None
) -> SignedIn | None:
    """Opens a session; None for a wrong code or ticket, or after too many."""
    user_id, known_by = _read_ticket(settings, ticket)
    device_hash = hash_token(device or "")
    with sessions.begin() as session:
        is_known = exists().where(StaffDevice.staff_user_id == StaffUser.id, StaffDevice.device_hash == device_hash)
        query = select(StaffUser, is_known).where(StaffUser.id == user_id, StaffUser.disabled_at.is_(None))
        row = session.execute(query).first()
        if row is None or row[0].totp_sealed is None or hash_token(row[0].password_hash) != known_by:
            return None
        user, doer = row[0], Doer(user_id, place.address)
        attempt = take_attempt(session, user.login, hash_token(f"code {device_hash if row[1] else ''}"))
        candidate = Candidate(user.id, user.role, user.password_hash, is_disabled=False, totp_sealed=user.totp_sealed)
    if not attempt.is_open:
        return None
    with sessions.begin() as session:
        if not take_code(session, settings, candidate.id, candidate.totp_sealed or "", code):
            audit.record(session, doer, "second_factor_failed")
            return None
        forgive(session, attempt)
        return let_in(session, settings, candidate, place, device)


def _read_ticket(settings: Settings, ticket: str) -> tuple[int, str]:
    parts = (unseal(get_secret(settings), _PURPOSE, ticket) or "").split(".")
    if len(parts) != 3 or int(parts[1]) < utc_now().timestamp():
        return 0, ""
    return int(parts[0]), parts[2]
