"""The trail of who did what: written in the transaction of the deed itself."""

from typing import Any

from sqlalchemy.orm import Session

from shared.storage.models import AuditEvent


def record(session: Session, staff_user_id: int | None, action: str, subject: str | None = None, **details: Any) -> None:
    """`details` hold no personal data."""
    session.add(AuditEvent(staff_user_id=staff_user_id, action=action, subject=subject, details=details))
