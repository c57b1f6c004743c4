"""Knows the browsers that an account has signed in on: a stranger's guesses do not lock those out."""

from datetime import timedelta

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.storage.models import StaffDevice

KNOWN_FOR = timedelta(days=180)


def remember_device(session: Session, user_id: int, device_hash: str) -> None:
    """Notes a sign-in on a device, and forgets those not used for half a year; the caller commits."""
    session.execute(delete(StaffDevice).where(StaffDevice.used_at < func.now() - KNOWN_FOR))
    session.execute(
        insert(StaffDevice)
        .values(staff_user_id=user_id, device_hash=device_hash)
        .on_conflict_do_update(
            index_elements=[StaffDevice.staff_user_id, StaffDevice.device_hash], set_={"used_at": func.now()}
        )
    )


def forget_devices(session: Session, user_id: int) -> None:
    """Makes every browser a stranger's again; the caller commits."""
    session.execute(delete(StaffDevice).where(StaffDevice.staff_user_id == user_id))
