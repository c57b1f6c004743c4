"""Counts guesses per login and device, before anything is looked at: sent all at once they get no more than the limit.

Devices that an account has not signed in on share one count, so that a stranger can lock out strangers alone.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import case, delete, func, or_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from api.acquire.access.hashing import hash_token
from shared.storage.models import SignInAttempt

MAX_FAILURES = 5
LOCKED_FOR = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)
STRANGERS = ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Says whether an attempt may be looked at, and whether it was the last one for a while."""

    login_hash: str
    device_hash: str
    is_open: bool
    is_last: bool = False


def take_attempt(session: Session, login: str, device_hash: str = STRANGERS) -> Attempt:
    """Counts an attempt, as a failure until `forgive` is called; the caller commits."""
    lock_is_over = SignInAttempt.locked_until <= func.now()
    failures = case((lock_is_over, 1), else_=SignInAttempt.failures + 1)
    login_hash = hash_token(login)
    session.execute(delete(SignInAttempt).where(SignInAttempt.tried_at < func.now() - FORGOTTEN_AFTER))
    counted = session.execute(
        insert(SignInAttempt)
        .values(login_hash=login_hash, device_hash=device_hash)
        .on_conflict_do_update(
            index_elements=[SignInAttempt.login_hash, SignInAttempt.device_hash],
            set_={
                "failures": failures,
                "locked_until": case((failures >= MAX_FAILURES, func.now() + LOCKED_FOR), else_=None),
                "tried_at": func.now(),
            },
            where=or_(SignInAttempt.locked_until.is_(None), lock_is_over),
        )
        .returning(SignInAttempt.locked_until)
    ).first()
    if counted is None:
        return Attempt(login_hash, device_hash, is_open=False)
    return Attempt(login_hash, device_hash, is_open=True, is_last=counted.locked_until is not None)


def forgive(session: Session, attempt: Attempt) -> None:
    """Starts the count anew after a right one; the caller commits."""
    session.execute(
        delete(SignInAttempt).where(
            SignInAttempt.login_hash == attempt.login_hash, SignInAttempt.device_hash == attempt.device_hash
        )
    )


def forgive_everywhere(session: Session, login: str) -> None:
    """Ends the lock-out of a login on all devices; the caller commits."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.login_hash == hash_token(login)))
