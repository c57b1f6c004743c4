from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base


class AuditLink(Base):
    """Chains an event of the trail to the one before it; `id` is its place, without gaps. Written by a trigger alone."""

    __tablename__ = "audit_links"

    audit_event_id: Mapped[int] = mapped_column(ForeignKey("audit_events.id"), unique=True)
    hash: Mapped[str] = mapped_column(Text)
