from typing import Any

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base


class AuditEvent(Base):
    """Keeps who did what on the payment page. `subject` names the thing (`visit 17`); `details` hold no personal data.

    `company_id`: the salon that it was done to, None where it was an account. `address`: of the browser, as nginx saw it;
    None for the command line.
    """

    __tablename__ = "audit_events"

    staff_user_id: Mapped[int | None] = mapped_column(ForeignKey("staff_users.id"))
    action: Mapped[str] = mapped_column(Text)
    subject: Mapped[str | None] = mapped_column(Text)
    company_id: Mapped[int | None]
    address: Mapped[str | None] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)

    __table_args__ = (
        Index("ix_audit_events_created_at", "created_at"),
        Index("ix_audit_events_staff_user_id", "staff_user_id"),
        Index("ix_audit_events_action", "action", "id"),
    )
