"""Reads where sales without a visit stand: from the delivery, the payment and the receipt of each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, and_, select
from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from api.acquire.sale.correct import is_correctable
from api.acquire.visits.states import LABELS, VisitState
from api.acquire.visits.views import Progress, show_progress
from api.acquire.words.text import Text
from shared.fiscal.statuses import ReceiptKind, ReceiptState, RecordState
from shared.storage.models import Checkout, DeskSale, Receipt, StaffUser, WebhookRecord

SHOWN_LATEST = 6


@dataclass(frozen=True, slots=True)
class SaleRow:
    """Describes a sale: what it sold, who took how much when, and how its receipt is doing.

    `sale_id` is the id of the receipt, `id` that of the sale itself.
    """

    id: int
    company_id: int
    delivery_id: int
    lines: list[dict[str, Any]]
    total: Decimal
    made_at: datetime
    paid_at: datetime | None
    change: Decimal | None
    paid_by: str | None
    sale_id: int | None
    fiscal_number: str | None
    state: VisitState
    error_code: str | None
    error_text: str | None
    reason: str | None
    is_correctable: bool

    @property
    def label(self) -> Text:
        return Text("Cancelled") if self.state is VisitState.DELETED else LABELS[self.state]

    @property
    def title(self) -> str:
        more = f" +{len(self.lines) - 1}" if len(self.lines) > 1 else ""
        return f"{self.lines[0]['title']}{more}"


def find_sale(session: Session, salons: Salons, sale_id: int) -> SaleRow | None:
    """Returns a sale of one of these salons."""
    row = session.execute(_select().where(DeskSale.id == sale_id, salons.allow(DeskSale.company_id))).first()
    return _show(row) if row else None


def list_latest(session: Session, company_id: int) -> Sequence[SaleRow]:
    """Returns the latest sales of a salon, the newest first."""
    latest = _select().where(DeskSale.company_id == company_id).order_by(DeskSale.id.desc()).limit(SHOWN_LATEST)
    return [_show(row) for row in session.execute(latest)]


def _select() -> Select[Any]:
    """The newest receipt of each: one made anew stands for the one that was returned."""
    names = ("id", "state", "returned", "attempts", "next_attempt_at", "fiscal_number")
    of_receipt = (*names, "error_code", "error_text", "error_kind")
    newest = (
        select(*(getattr(Receipt, name) for name in of_receipt))
        .where(
            Receipt.company_id == DeskSale.company_id,
            Receipt.document_id == -DeskSale.id,
            Receipt.kind == ReceiptKind.SALE,
        )
        .order_by(Receipt.id.desc())
        .limit(1)
        .lateral("newest")
    )
    live = and_(
        Checkout.company_id == DeskSale.company_id, Checkout.document_id == -DeskSale.id, Checkout.voided_at.is_(None)
    )
    columns = (
        WebhookRecord.state.label("delivery_state"),
        WebhookRecord.reason,
        WebhookRecord.error_code.label("delivery_code"),
        Checkout.created_at.label("paid_at"),
        Checkout.change,
        StaffUser.shown_name.label("paid_by"),
        newest.c.id.label("receipt_id"),
        *(newest.c[name] for name in of_receipt if name != "id"),
    )
    return (
        select(DeskSale, *columns)
        .join(WebhookRecord, WebhookRecord.id == DeskSale.delivery_id)
        .outerjoin(Checkout, live)
        .outerjoin(StaffUser, StaffUser.id == Checkout.staff_user_id)
        .outerjoin(newest, newest.c.id.is_not(None))
    )


def _show(row: Any) -> SaleRow:
    sale: DeskSale = row.DeskSale
    return SaleRow(
        id=sale.id,
        company_id=sale.company_id,
        delivery_id=sale.delivery_id,
        lines=sale.lines,
        total=sale.total,
        made_at=sale.created_at,
        paid_at=row.paid_at,
        change=row.change,
        paid_by=row.paid_by,
        sale_id=row.receipt_id,
        fiscal_number=row.fiscal_number,
        state=_find_state(sale, row),
        error_code=row.error_code or row.delivery_code,
        error_text=row.error_text,
        reason=row.reason,
        is_correctable=is_correctable(row.delivery_state, row.state, row.error_kind),
    )


def _find_state(sale: DeskSale, row: Any) -> VisitState:
    if sale.cancelled_at is not None:
        return VisitState.DELETED
    if row.returned:
        return VisitState.RETURNED
    if row.state == ReceiptState.ISSUED:
        return VisitState.ISSUED
    is_given_up = row.state == ReceiptState.UNKNOWN and row.next_attempt_at is None
    if row.delivery_state == RecordState.DEAD_LETTERED or is_given_up:
        return VisitState.ATTENTION
    return VisitState.SENDING if row.attempts else VisitState.QUEUED


def show_sale_progress(sale: SaleRow) -> Progress:
    """Returns where a sale stands, with advice where a person is needed."""
    progress = show_progress(sale)
    if sale.state is VisitState.DELETED:
        return replace(progress, label=sale.label, text=Text("The sale was cancelled: it has no receipt."))
    if progress.advice is None or not sale.is_correctable:
        return progress
    return replace(progress, advice=replace(progress.advice, todo=Text("Correct the sale and press the button once more.")))
