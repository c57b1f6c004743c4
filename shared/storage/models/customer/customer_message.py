from enum import StrEnum
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, ForeignKey, Index, Integer, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from shared.storage.models.base import Base, Moment, one_of


class MessageState(StrEnum):
    """`waiting`: for the receipt, its time or another try. `uncertain`: it may have been taken, and is not sent again."""

    WAITING = "waiting"
    SENDING = "sending"
    HANDED_OVER = "handed_over"
    UNCERTAIN = "uncertain"
    REFUSED = "refused"
    DROPPED = "dropped"


class CustomerMessage(Base):
    """Keeps one message that hands a receipt to its customer: one for a receipt and a channel, in the receipt's own commit.

    `email` and `phone` are emptied as soon as the message has ended; where there is none yet (a return, a sale made anew)
    they are looked up when it is sent. `is_wish`: staff typed the address for this receipt, which overrules an opt-out.
    `claim_id` and `lease_until` are the right of one worker to send it. `begun_at` is committed right before the step after
    which it may have been taken: found without it, a claim that ended sends again; found with it, nobody does.
    `refusals` are those of this message, not of the way to it.
    """

    __tablename__ = "customer_messages"

    receipt_id: Mapped[int] = mapped_column(ForeignKey("receipts.id"))
    company_id: Mapped[int]
    channel: Mapped[str] = mapped_column(Text)
    client_id: Mapped[int | None]
    is_wish: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    email: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text, server_default=MessageState.WAITING)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    refusals: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    claim_id: Mapped[UUID | None]
    lease_until: Mapped[Moment | None]
    begun_at: Mapped[Moment | None]
    next_attempt_at: Mapped[Moment] = mapped_column(server_default=text("now()"))
    ended_at: Mapped[Moment | None]
    problem: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        one_of("state", MessageState),
        CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="leased_while_sending"),
        CheckConstraint("(state IN ('waiting', 'sending')) = (ended_at IS NULL)", name="ended_has_time"),
        UniqueConstraint("receipt_id", "channel"),
        Index("ix_customer_messages_open", "next_attempt_at", postgresql_where=text("ended_at IS NULL")),
        Index("ix_customer_messages_amiss", "id", postgresql_where=text("state IN ('uncertain', 'refused')")),
        Index(
            "ix_customer_messages_personal",
            "created_at",
            postgresql_where=text("email IS NOT NULL OR phone IS NOT NULL"),
        ),
    )
