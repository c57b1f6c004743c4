from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.fiscal.statuses import CallOutcome
from shared.storage.models.base import Base, Moment, one_of


class FiscalizationLog(Base):
    """Keeps one call to Webkassa: written as `pending` before it leaves, completed after it. Never holds a secret.

    A row that stayed `pending` is the evidence of a crash in the middle of a call. `emptied_at`: request and response were
    old enough to go.
    """

    __tablename__ = "fiscalization_logs"

    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("receipts.id"), index=True)
    cashbox_id: Mapped[int] = mapped_column(ForeignKey("cashboxes.id"))
    operation: Mapped[str] = mapped_column(Text)
    external_check_number: Mapped[str | None] = mapped_column(Text)
    attempt: Mapped[int] = mapped_column(Integer)
    request: Mapped[dict[str, Any]] = mapped_column(JSONB)
    response: Mapped[Any | None] = mapped_column(JSONB)
    outcome: Mapped[str] = mapped_column(Text, server_default=CallOutcome.PENDING)
    error_code: Mapped[str | None] = mapped_column(Text)
    error_text: Mapped[str | None] = mapped_column(Text)
    finished_at: Mapped[Moment | None]
    emptied_at: Mapped[Moment | None]

    __table_args__ = (
        one_of("outcome", CallOutcome),
        Index("ix_fiscalization_logs_created_at", "created_at"),
        Index("ix_fiscalization_logs_full", "created_at", postgresql_where=text("emptied_at IS NULL")),
        Index("ix_fiscalization_logs_cashbox_id_id", "cashbox_id", "id"),
    )
