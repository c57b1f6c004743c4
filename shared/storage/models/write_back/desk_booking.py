from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment, one_of
from shared.storage.models.write_back.states import WriteState


class DeskBooking(Base):
    """Keeps that money taken at the desk has to be booked in Altegio, once.

    `payment_record_id`: the part of a checkout that it is. `key` stands in the comment of the operation, by which it is
    known again; `operation_id` is Altegio's number of it. `sending_since` is set before a call and cleared by a certain
    answer: found set, the operation may exist, and is looked for before anything is sent again.
    """

    __tablename__ = "desk_bookings"

    payment_record_id: Mapped[int] = mapped_column(ForeignKey("payment_records.id", ondelete="CASCADE"), unique=True)
    company_id: Mapped[int]
    key: Mapped[str] = mapped_column(Text, unique=True)
    operation_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(Text, server_default=WriteState.OPEN)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    next_attempt_at: Mapped[Moment | None] = mapped_column(server_default=text("now()"))
    claim_id: Mapped[UUID | None]
    lease_until: Mapped[Moment | None]
    sending_since: Mapped[Moment | None]
    error_text: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        one_of("state", WriteState),
        Index("ix_desk_bookings_due", "next_attempt_at", postgresql_where=text("next_attempt_at IS NOT NULL")),
    )
