"""Sets up a manager's second factor (time-based codes of RFC 6238) and checks its codes, each of them once."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, or_, update
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.auth import Staff
from api.acquire.access.hashing import hash_token
from api.acquire.access.signing import is_equal
from api.acquire.account.attempts import forgive
from api.acquire.account.password import confirm_password
from api.acquire.payment.form import FormErrors
from api.acquire.words.text import Refused, Text
from shared.clock import utc_now
from shared.config import ConfigurationError, Settings
from shared.logging import get_logger
from shared.storage.db import SessionFactory
from shared.storage.models import StaffRecoveryCode, StaffUser
from shared.storage.sealing import CannotUnseal, seal, unseal, without_credentials_key

log = get_logger(__name__)

ISSUER = "altegio-webkassa"
STEP_SECONDS = 30
RECOVERY_CODES = 10
_NOT_FITTING = Text("The code does not fit. Look at the phone's clock and type the newest one.")


@dataclass(frozen=True, slots=True)
class Proposal:
    """Holds a secret that is not in force yet: for the phone, and sealed for the form that confirms it."""

    secret: str
    address: str
    sealed: str


def propose(settings: Settings, staff: Staff, secret: str | None = None) -> Proposal:
    """Returns a new secret for the account, or the one that was shown before. Raises Refused without a key to seal it."""
    from pyotp import TOTP, random_base32  # noqa: PLC0415 - few requests need it

    secret = secret or random_base32()
    address = TOTP(secret).provisioning_uri(name=staff.login, issuer_name=ISSUER)
    try:
        return Proposal(secret, address, seal(without_credentials_key(settings), f"{staff.id}:{secret}"))
    except ConfigurationError:
        raise Refused(Text("SECRET_KEY is not set in the service's settings: a second factor cannot be kept.")) from None


def begin(sessions: SessionFactory, settings: Settings, staff: Staff, typed: Mapping[str, str]) -> Proposal | FormErrors:
    """Returns a new secret once the password was confirmed, else what is wrong. Raises Refused."""
    errors = FormErrors()
    attempt = confirm_password(sessions, staff, typed.get("current", ""), errors)
    if attempt is None:
        return errors
    with sessions.begin() as session:
        forgive(session, attempt)
    return propose(settings, staff)


def read_proposal(settings: Settings, staff: Staff, sealed: str) -> Proposal:
    """Returns the secret that this account was shown. Raises Refused for any other."""
    try:
        owner, _, secret = unseal(without_credentials_key(settings), sealed).partition(":")
    except (CannotUnseal, ConfigurationError):
        owner, secret = "", ""
    if owner != str(staff.id):
        raise Refused(Text("The page is out of date. Open it again."))
    return propose(settings, staff, secret)


def confirm(sessions: SessionFactory, settings: Settings, staff: Staff, proposal: Proposal, code: str) -> list[str] | None:
    """Puts the secret in force where the phone shows the right code, and returns the recovery codes; else None."""
    step = find_step(proposal.secret, code)
    if step is None:
        return None
    codes = [f"{secrets.token_hex(4)}-{secrets.token_hex(4)}" for _ in range(RECOVERY_CODES)]
    with sessions.begin() as session:
        values = {"totp_sealed": seal(without_credentials_key(settings), proposal.secret), "totp_step": step}
        session.execute(update(StaffUser).where(StaffUser.id == staff.id).values(values))
        session.execute(delete(StaffRecoveryCode).where(StaffRecoveryCode.staff_user_id == staff.id))
        session.add_all(StaffRecoveryCode(staff_user_id=staff.id, code_hash=hash_token(code)) for code in codes)
        audit.record(session, staff.doer, "second_factor_set")
    return codes


def remove(sessions: SessionFactory, staff: Staff, typed: Mapping[str, str]) -> FormErrors:
    """Takes the account's second factor away, once the password was confirmed; or says what is wrong."""
    errors = FormErrors()
    attempt = confirm_password(sessions, staff, typed.get("current", ""), errors)
    if attempt is not None:
        with sessions.begin() as session:
            forgive(session, attempt)
            forget_second_factor(session, staff.id)
            audit.record(session, staff.doer, "second_factor_removed")
    return errors


def forget_second_factor(session: Session, user_id: int) -> None:
    """Makes the password alone sign in again; the caller commits."""
    session.execute(update(StaffUser).where(StaffUser.id == user_id).values(totp_sealed=None, totp_step=None))
    session.execute(delete(StaffRecoveryCode).where(StaffRecoveryCode.staff_user_id == user_id))


def take_code(session: Session, settings: Settings, user_id: int, totp_sealed: str, typed: str) -> bool:
    """Uses up a code of the phone or a recovery code, and says whether it was one; the caller commits."""
    compact = re.sub(r"\s", "", typed).lower()
    step = _find_step_of(settings, totp_sealed, compact)
    if step is not None:
        is_new = or_(StaffUser.totp_step.is_(None), StaffUser.totp_step < step)
        used = update(StaffUser).where(StaffUser.id == user_id, is_new).values(totp_step=step).returning(StaffUser.id)
        return session.scalar(used) is not None
    of_user = StaffRecoveryCode.staff_user_id == user_id
    used_up = delete(StaffRecoveryCode).where(of_user, StaffRecoveryCode.code_hash == hash_token(compact))
    return session.scalar(used_up.returning(StaffRecoveryCode.id)) is not None


def _find_step_of(settings: Settings, totp_sealed: str, code: str) -> int | None:
    """Sealed with a key that is gone, the phone's codes are worth nothing; recovery codes go on working."""
    try:
        return find_step(unseal(without_credentials_key(settings), totp_sealed), code)
    except (CannotUnseal, ConfigurationError):
        log.error("a second factor was sealed with another key")
        return None


def find_step(secret: str, code: str) -> int | None:
    """Returns the half minute of which this is the code, of now and its neighbours; None for no such code."""
    from pyotp import TOTP  # noqa: PLC0415 - few requests need it

    now = int(utc_now().timestamp()) // STEP_SECONDS
    totp = TOTP(secret)
    return next((step for step in (now, now - 1, now + 1) if is_equal(totp.generate_otp(step), code)), None)


def say_not_fitting() -> FormErrors:
    """Returns the errors of a form with a wrong code."""
    errors = FormErrors()
    errors.add("code", _NOT_FITTING)
    return errors
