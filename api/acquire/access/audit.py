"""Writes the trail of who did what, in the transaction of the deed itself."""

from typing import Any

from sqlalchemy.orm import Session

from shared.storage.models import AuditEvent


def record(session: Session, staff_user_id: int | None, action: str, subject: str | None = None, **details: Any) -> None:
    """Adds one line to the trail; the caller commits it with the deed.

    `action` is a name such as `payment_taken`, `subject` the thing (`visit 17`); `details` hold no personal data. Without
    `staff_user_id` it was the command line.
    """
    session.add(AuditEvent(staff_user_id=staff_user_id, action=action, subject=subject, details=details))
