from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from shared.fiscal.statuses import DeliverySource, RecordState
from shared.storage.models.base import Base, Moment, one_of


class WebhookRecord(Base):
    """Keeps one delivery of Altegio as it came, or a sale made at the desk without one, and what became of it.

    `body` is the whole envelope. `raw_body` is set only for bytes that JSONB cannot hold (a NUL, a lone surrogate, a
    number out of range). `document_id` is the sale document of a goods line, below zero that of a sale at the
    desk. `changed_at` is Altegio's own change time and orders deliveries of one subject.
    `source` tells what Altegio posted from what was asked for because its webhook never came.
    `claims` counts how often it was taken in hand without an end. `receipt_id`: it shares the fate of that receipt.
    `next_attempt_at` says when the dispatcher has to see to an open row, whatever became of its message.
    `emptied_at`: the bodies are gone, as old as they were; what told the delivery from others stays.
    """

    __tablename__ = "webhook_records"

    company_id: Mapped[int | None]
    resource: Mapped[str | None] = mapped_column(Text)
    resource_id: Mapped[int | None]
    document_id: Mapped[int | None]
    status: Mapped[str | None] = mapped_column(Text)
    dedup_key: Mapped[str] = mapped_column(Text, unique=True)
    changed_at: Mapped[Moment | None]
    body: Mapped[Any | None] = mapped_column(JSONB)
    raw_body: Mapped[bytes | None] = mapped_column(LargeBinary)
    request_id: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text, server_default=DeliverySource.WEBHOOK)

    state: Mapped[str] = mapped_column(Text, server_default=RecordState.RECEIVED)
    reason: Mapped[str | None] = mapped_column(Text)
    error_code: Mapped[str | None] = mapped_column(Text)
    receipt_id: Mapped[int | None] = mapped_column(ForeignKey("receipts.id"), index=True)
    claims: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    claim_id: Mapped[UUID | None]
    lease_until: Mapped[Moment | None]
    next_attempt_at: Mapped[Moment | None]
    processed_at: Mapped[Moment | None]
    dead_letter_sent_at: Mapped[Moment | None]
    emptied_at: Mapped[Moment | None]

    __table_args__ = (
        one_of("state", RecordState),
        one_of("source", DeliverySource),
        Index("ix_webhook_records_resource_id_id", "resource_id", "id"),
        Index("ix_webhook_records_created_at", "created_at"),
        Index(
            "ix_webhook_records_document",
            "company_id",
            "document_id",
            postgresql_where=text("document_id IS NOT NULL"),
        ),
        # Only open rows: the dispatcher's question stays as fast at three million rows as at none. Those with a receipt too,
        # at its end, for who asks whether any was left behind.
        Index(
            "ix_webhook_records_open",
            "next_attempt_at",
            postgresql_where=text("state IN ('received', 'processing', 'retrying')"),
        ),
        # What retention has still to empty.
        Index("ix_webhook_records_full", "created_at", postgresql_where=text("emptied_at IS NULL")),
        # The feed of the wire, narrowed to a salon, a code, or a state that most rows are not in.
        Index("ix_webhook_records_company_id_id", "company_id", "id"),
        Index("ix_webhook_records_coded", "error_code", "id", postgresql_where=text("error_code IS NOT NULL")),
        Index(
            "ix_webhook_records_waiting",
            "state",
            "id",
            postgresql_where=text("state IN ('awaiting_payment', 'invalid')"),
        ),
        Index("ix_webhook_records_attention", "state", "id", postgresql_where=text("state = 'dead_lettered'")),
    )
