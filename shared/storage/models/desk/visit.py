from datetime import date
from enum import IntEnum
from typing import Any

from sqlalchemy import Boolean, Computed, Date, ForeignKey, Index, Numeric, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class Attendance(IntEnum):
    """Says whether the client came, as Altegio counts; None is waited for."""

    ABSENT = -1
    CAME = 1
    CONFIRMED = 2


class Visit(Base):
    """Keeps what staff see of a record: the newest delivery in the words of the payment page. Written by the worker only.

    `visit_id`: Altegio's visit, which may join several records and have one payment for all of them.
    `lines`: [{name, is_service, count, price, discount, total}], amounts as JSON numbers in tenge. `total` is None where the
    lines cannot be added up; `problem` says why. `client_phone` is digits only. `is_open`: nothing was paid or issued yet.
    `paid_told_at`: Altegio's time of the newest word that the visit was paid in full.
    `attendance`: an `Attendance`. `specialist`: Altegio's `staff`, by name.
    `words`: all that the visit is found by, folded by the database's `fold_words`; never written.
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
    attendance: Mapped[int | None] = mapped_column(SmallInteger)
    specialist: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str | None] = mapped_column(
        Text, Computed("words_of_visit(client_name, specialist, lines, record_id, total, client_phone)", persisted=True)
    )

    __table_args__ = (
        UniqueConstraint("company_id", "record_id"),
        Index("ix_visits_day", "day", text("is_open DESC"), text("visit_at DESC"), text("id DESC")),
        # With what the parts of a day are told by, so that they are counted without a look at each visit.
        Index(
            "ix_visits_day_visit_at",
            "day",
            "visit_at",
            "id",
            postgresql_include=["is_open", "is_deleted", "attendance", "total", "company_id"],
        ),
        Index("ix_visits_record_id", "record_id"),
        Index("ix_visits_visit", "company_id", "visit_id", postgresql_where=text("visit_id IS NOT NULL")),
        Index("ix_visits_delivery_id", "delivery_id"),
        Index(
            "ix_visits_personal",
            "day",
            postgresql_where=text("client_name IS NOT NULL OR client_phone IS NOT NULL"),
        ),
        Index("ix_visits_words", "words", postgresql_using="gin", postgresql_ops={"words": "gin_trgm_ops"}),
    )
