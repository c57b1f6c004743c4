"""Tells what became of a delivery, for Altegio's side, the demo and support. Carries no personal data."""

from datetime import datetime
from decimal import Decimal

from pydantic import BaseModel, field_serializer
from sqlalchemy import BigInteger, Text, bindparam, func, select
from sqlalchemy.orm import Session

from shared.altegio import SupportedResource
from shared.fiscal.statuses import DeliverySource, RecordState
from shared.storage.models import Receipt, WebhookRecord
from shared.storage.statements import table_of


class RecordNotFound(Exception):
    """Raised where there is no row and no Altegio id of that number."""


class ReceiptStatus(BaseModel):
    """Describes the receipt of a delivery. `total` is tenge, as text with two decimals."""

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


class BriefStatus(BaseModel):
    """Describes what a delivery has come to, for whoever proves nothing."""

    id: int
    processed: bool
    state: str


class RecordStatus(BaseModel):
    """Describes a delivery and what became of it; `processed`: its state is that."""

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


# Built once, of the tables instead of the models, without the bodies: whoever waits for a receipt asks again and again.
_deliveries = table_of(WebhookRecord).c
_receipts = table_of(Receipt).c
_OF_DELIVERY = [name for name in RecordStatus.model_fields if name not in ("processed", "receipt")]
_OF_RECEIPT = list(ReceiptStatus.model_fields)
# A reason may quote who refused: Webkassa where the receipt keeps its words, else Altegio. Its code says it without them.
_OF_ALTEGIO = frozenset(("altegio", "altegio_unavailable", "altegio_behind"))
_ALTEGIO_TROUBLE = "Altegio could not be asked, or did not answer as expected"
_number = bindparam("number", type_=BigInteger)
# `record_id` of our answer, where no kind is named; else Altegio's number. A number may be that of a record, of goods and of
# a payment at once. Of several deliveries the one that has the receipt answers, else the newest.
_resource = bindparam("resource", type_=Text)
_by_our_id = select(_deliveries.id).where(_deliveries.id == _number, _resource.is_(None)).scalar_subquery()
_by_altegios = (
    select(_deliveries.id)
    .where(
        _deliveries.resource_id == _number,
        _deliveries.source != DeliverySource.DESK,
        _resource.is_(None) | (_deliveries.resource == _resource),
    )
    .order_by(_deliveries.receipt_id.is_(None), _deliveries.id.desc())
    .limit(1)
    .scalar_subquery()
)
_id = func.coalesce(_by_our_id, _by_altegios)
_FIND = (
    select(
        *(_deliveries[name] for name in _OF_DELIVERY),
        *(_receipts[name] for name in _OF_RECEIPT),
        _deliveries.error_code,
        _receipts.error_kind.is_not(None),
    )
    .outerjoin_from(WebhookRecord.__table__, Receipt.__table__, _receipts.id == _deliveries.receipt_id)
    .where(_deliveries.id == _id)
)


def get_record_status(session: Session, number: int, resource: SupportedResource | None = None) -> RecordStatus:
    """Finds what became of a delivery, by our id or by Altegio's `resource_id`. Raises RecordNotFound.

    With a resource named the number is Altegio's.
    """
    row = session.execute(_FIND, {"number": number, "resource": resource}).one_or_none()
    if row is None:
        raise RecordNotFound(f"no delivery {number}")
    *told, code, is_refused = row
    delivery = dict(zip(_OF_DELIVERY, told, strict=False))
    receipt = dict(zip(_OF_RECEIPT, told[len(_OF_DELIVERY) :], strict=True))
    delivery["reason"] = _word_reason(delivery["reason"], code, is_refused=bool(is_refused))
    return RecordStatus(
        **delivery,
        processed=delivery["state"] == RecordState.PROCESSED,
        receipt=ReceiptStatus(**receipt) if receipt["state"] is not None else None,
    )


def _word_reason(reason: str | None, code: str | None, *, is_refused: bool) -> str | None:
    """Our own words for a reason that may hold a vendor's."""
    if code in _OF_ALTEGIO:
        return _ALTEGIO_TROUBLE
    if not reason or not is_refused:
        return reason
    return f"Webkassa refused it: {code}" if code else "Webkassa did not answer as expected"


def make_brief(status: RecordStatus) -> BriefStatus:
    """Returns what a stranger may know."""
    return BriefStatus(id=status.id, processed=status.processed, state=status.state)
