from sqlalchemy import ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment, one_of
from shared.storage.models.write_back.states import CheckState


class OperatorCheck(Base):
    """Keeps what the fiscal data operator's own page says of a receipt; asked late, and seldom.

    `host`: whose page it is. A receipt of which it says nothing that can be read is no cause for alarm.
    """

    __tablename__ = "operator_checks"

    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipts.id", ondelete="CASCADE"), unique=True)
    host: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default=CheckState.OPEN)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    next_attempt_at: Mapped[Moment | None]
    asked_at: Mapped[Moment | None]
    said: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        one_of("state", CheckState),
        Index("ix_operator_checks_due", "next_attempt_at", postgresql_where=text("next_attempt_at IS NOT NULL")),
        Index("ix_operator_checks_asked", "host", "asked_at", postgresql_where=text("asked_at IS NOT NULL")),
    )
