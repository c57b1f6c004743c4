from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment


class Shift(Base):
    """Keeps a cashbox's shift, from its first document, which opens it, to the Z-report, which ends it.

    `registration_number`: registered anew, a register counts its shifts from 1 again; empty where Webkassa did not tell it.
    `opened_at` is the time of the first document: Webkassa counts 24 hours from it. `closed_by` is who or what ended it:
    `schedule`, `expired` (code 11), `staff:…`, `cli:…`, or `elsewhere`. `report` is the Z-report as it came; None where
    somebody else closed the shift and its report could not be read any more.
    `closing_since` is set before a Z-report is asked for and taken back when it was certainly refused: found set, the answer
    was lost (`answer_lost` remembers that). `strangers`: documents of the shift that are none of ours, read where the report
    counts more than we issued.
    """

    __tablename__ = "shifts"

    cashbox_id: Mapped[int] = mapped_column(ForeignKey("cashboxes.id"))
    registration_number: Mapped[str] = mapped_column(Text, server_default=text("''"))
    number: Mapped[int]
    opened_at: Mapped[Moment]
    closed_at: Mapped[Moment | None]
    closed_by: Mapped[str | None] = mapped_column(Text)
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    strangers: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    answer_lost: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    closing_since: Mapped[Moment | None]
    close_failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    next_close_at: Mapped[Moment | None]
    close_error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        UniqueConstraint("cashbox_id", "registration_number", "number"),
        Index("ix_shifts_open", "cashbox_id", postgresql_where=text("closed_at IS NULL")),
        Index("ix_shifts_opened_at", "opened_at"),
    )
