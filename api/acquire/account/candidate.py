"""Describes who wants to sign in, and lets them in."""

import secrets
from dataclasses import dataclass

from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.audit import Doer
from api.acquire.access.hashing import hash_token
from api.acquire.account.devices import remember_device
from api.acquire.account.sessions import Place, open_session
from shared.config import Settings


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Holds what the browser keeps from now on: the token of its session, and its own name."""

    token: str
    device: str


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
    remember_device(session, candidate.id, hash_token(name))
    audit.record(session, doer, "signed_in", second_factor=candidate.totp_sealed is not None)
    return SignedIn(open_session(session, settings, doer, candidate.role, place), name)
