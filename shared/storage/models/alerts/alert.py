from sqlalchemy import Boolean, Index, Integer, Text
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class Alert(Base):
    """Keeps something people have to know: an event, or a condition that lasts until it is cleared. No personal data.

    `key` tells conditions of a kind apart, such as a cashbox number; events of a kind differ by their text. `size` is how
    much of it there is (dead letters, equal events), `told_size` how much of that was told. `flaps` counts how often a
    condition came back before its end was told. `sent_at`: when the newest message about it was written.
    `closed_at`: nothing more will be said of this row.
    """

    __tablename__ = "alerts"

    kind: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    is_event: Mapped[bool] = mapped_column(Boolean)
    size: Mapped[int] = mapped_column(Integer, server_default=sql("1"))
    told_size: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    flaps: Mapped[int] = mapped_column(Integer, server_default=sql("0"))
    raised_at: Mapped[Moment] = mapped_column(server_default=sql("now()"))
    last_seen_at: Mapped[Moment] = mapped_column(server_default=sql("now()"))
    cleared_at: Mapped[Moment | None]
    sent_at: Mapped[Moment | None]
    closed_at: Mapped[Moment | None]

    __table_args__ = (
        Index("uq_alerts_unclosed", "kind", "key", "is_event", unique=True, postgresql_where=sql("closed_at IS NULL")),
        Index("ix_alerts_sent_at", "sent_at"),
        Index("ix_alerts_raised_at", "raised_at"),
    )
