"""Writes the trail of who did what, in the transaction of the deed itself."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from shared.storage.models import AuditEvent


@dataclass(frozen=True, slots=True)
class Doer:
    """Names who does something, and from which address; nobody's account and no address for the command line."""

    staff_user_id: int | None
    address: str | None


def record(
    session: Session, doer: Doer, action: str, subject: str | None = None, *, company_id: int | None = None, **details: Any
) -> None:
    """Adds one line to the trail; the caller commits it with the deed.

    `action` is a name such as `payment_taken`, `subject` the thing (`visit 17`), `company_id` its salon; `details` hold no
    personal data.
    """
    session.add(
        AuditEvent(
            staff_user_id=doer.staff_user_id,
            address=doer.address,
            action=action,
            subject=subject,
            company_id=company_id,
            details=details,
        )
    )
