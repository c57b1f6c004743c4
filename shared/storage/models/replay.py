from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base


class Replay(Base):
    """Keeps that a person put given-up work back: who, when, why."""

    __tablename__ = "replays"

    webhook_record_id: Mapped[int] = mapped_column(ForeignKey("webhook_records.id"), index=True)
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("receipts.id"), index=True)
    actor: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    from_state: Mapped[str] = mapped_column(Text)
    error_code: Mapped[str | None] = mapped_column(Text)
