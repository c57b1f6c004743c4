"""Describes who wants to sign in, and lets them in."""

import secrets
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.audit import Doer
from api.acquire.access.hashing import hash_token
from api.acquire.account.devices import remember_device
from api.acquire.account.sessions import Place, open_session
from shared.config import Settings
from shared.fiscal.statuses import ReceiptState
from shared.storage.models import Receipt, StaffDevice, StaffUser
from shared.storage.models.staff.staff_user import StaffRole


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Holds what the browser keeps from now on: the token of its session, and its own name.

    `is_first`: the first manager's first sign-in, and nothing was ever issued.
    """

    token: str
    device: str
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """Describes the account of a login; `totp_sealed` is None where the password alone signs in."""

    id: int
    role: str
    password_hash: str
    is_disabled: bool
    totp_sealed: str | None


def let_in(session: Session, settings: Settings, candidate: Candidate, place: Place, device: str | None) -> SignedIn:
    """Opens a session and remembers the browser, under its old name or a new one; the caller commits."""
    doer, name = Doer(candidate.id, place.address), device or secrets.token_urlsafe(16)
    is_first = _is_first(session, candidate)
    remember_device(session, candidate.id, hash_token(name))
    audit.record(session, doer, "signed_in", second_factor=candidate.totp_sealed is not None)
    return SignedIn(open_session(session, settings, doer, candidate.role, place), name, is_first)


def _is_first(session: Session, candidate: Candidate) -> bool:
    if candidate.role != StaffRole.MANAGER:
        return False
    another = exists().where(StaffUser.role == StaffRole.MANAGER, StaffUser.id != candidate.id)
    was_here = exists().where(StaffDevice.staff_user_id == candidate.id)
    is_any_issued = exists().where(Receipt.state == ReceiptState.ISSUED)
    return not session.scalar(select(another | was_here | is_any_issued))
