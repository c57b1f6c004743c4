"""What became of a delivery, for Altegio's side, the demo and support. Carries no personal data."""

from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, field_serializer
from sqlalchemy import select
from sqlalchemy.orm import Session

from shared.models import Receipt, WebhookRecord
from shared.statuses import RecordState


class RecordNotFound(Exception):
    """No row and no Altegio id of that number."""


class ReceiptStatus(BaseModel):
    state: str
    external_check_number: str
    fiscal_number: str | None
    receipt_url: str | None
    total: Decimal
    attempts: int
    issued_at: datetime | None

    @field_serializer("total")
    def _as_money(self, value: Decimal) -> str:
        """A string with two decimals: a JSON number would lose the tiyn's zero."""
        return f"{value:.2f}"


class RecordStatus(BaseModel):
    id: int
    company_id: int | None
    resource: str | None
    resource_id: int | None
    status: str | None
    processed: bool
    state: str
    reason: str | None
    created_at: datetime
    processed_at: datetime | None
    receipt: ReceiptStatus | None


def get_record_status(session: Session, number: int) -> RecordStatus:
    """By our id, else the newest delivery of Altegio's resource_id. Raises RecordNotFound."""
    record = session.get(WebhookRecord, number) or _find_newest(session, number)
    if record is None:
        raise RecordNotFound(f"no delivery {number}")
    receipt = session.get(Receipt, record.receipt_id) if record.receipt_id else None
    return RecordStatus(
        id=record.id,
        company_id=record.company_id,
        resource=record.resource,
        resource_id=record.resource_id,
        status=record.status,
        processed=record.state == RecordState.PROCESSED,
        state=record.state,
        reason=record.reason,
        created_at=record.created_at,
        processed_at=record.processed_at,
        receipt=ReceiptStatus.model_validate(receipt, from_attributes=True) if receipt else None,
    )


def _find_newest(session: Session, resource_id: int) -> WebhookRecord | None:
    newest = select(WebhookRecord).where(WebhookRecord.resource_id == resource_id).order_by(WebhookRecord.id.desc()).limit(1)
    return session.scalars(newest).first()
