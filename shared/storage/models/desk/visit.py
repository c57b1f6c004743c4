from datetime import date
from typing import Any

from sqlalchemy import Boolean, Date, ForeignKey, Index, Numeric, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class Visit(Base):
    """Keeps what staff see of a record: the newest delivery in the words of the payment page. Written by the worker only.

    `visit_id`: Altegio's visit, which may join several records and have one payment for all of them.
    `lines`: [{name, is_service, count, price, discount, total}], amounts as JSON numbers in tenge. `total` is None where the
    lines cannot be added up; `problem` says why. `client_phone` is digits only. `is_open`: nothing was paid or issued yet.
    `paid_told_at`: Altegio's time of the newest word that the visit was paid in full.
    """

    __tablename__ = "visits"

    company_id: Mapped[int]
    record_id: Mapped[int]
    visit_id: Mapped[int | None]
    delivery_id: Mapped[int] = mapped_column(ForeignKey("webhook_records.id", ondelete="CASCADE"))
    visit_at: Mapped[Moment]
    day: Mapped[date] = mapped_column(Date)
    client_name: Mapped[str | None] = mapped_column(Text)
    client_phone: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    total: Mapped[Any | None] = mapped_column(Numeric(14, 2))
    problem: Mapped[str | None] = mapped_column(Text)
    is_open: Mapped[bool] = mapped_column(Boolean)
    is_deleted: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    paid_told_at: Mapped[Moment | None]

    __table_args__ = (
        UniqueConstraint("company_id", "record_id"),
        Index("ix_visits_day", "day", text("is_open DESC"), text("visit_at DESC"), text("id DESC")),
        Index("ix_visits_record_id", "record_id"),
        Index("ix_visits_visit", "company_id", "visit_id", postgresql_where=text("visit_id IS NOT NULL")),
        Index("ix_visits_delivery_id", "delivery_id"),
        Index(
            "ix_visits_personal",
            "day",
            postgresql_where=text("client_name IS NOT NULL OR client_phone IS NOT NULL"),
        ),
        # The tail of a phone is what a client says at the desk.
        Index("ix_visits_phone_tail", text("right(client_phone, 4)")),
    )
