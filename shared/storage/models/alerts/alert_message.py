from sqlalchemy import Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class AlertMessage(Base):
    """Keeps a message to people, written in the transaction that decided about it and delivered after it, at least once.

    `pending`: digests of the addresses that have not taken it yet. `finished_at`: all have, or it was given up.
    """

    __tablename__ = "alert_messages"

    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    pending: Mapped[list[str]] = mapped_column(ARRAY(Text))
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    next_attempt_at: Mapped[Moment] = mapped_column(server_default=text("now()"))
    finished_at: Mapped[Moment | None]

    __table_args__ = (
        Index("ix_alert_messages_unfinished", "next_attempt_at", postgresql_where=text("finished_at IS NULL")),
    )
