"""Describes each register as a manager wants to know it: licence, shift, last receipt, pause, last test."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, select, true
from sqlalchemy.orm import Session, aliased

from api.acquire.access.salons import Salons
from api.acquire.cashbox.choice import limit_cashboxes
from api.acquire.salon.choices import Chosen, describe_choice
from api.acquire.words.advice import Advice, explain
from api.acquire.words.text import Text
from shared.clock import utc_now
from shared.config import Settings
from shared.fiscal.statuses import ReceiptKind
from shared.storage.models import Cashbox, CashboxLicence, CashboxOrder, Receipt, Shift
from shared.storage.models.desk.cashbox_order import OrderKind, OrderState

LICENCE_WARNING = timedelta(days=30)
# A shift of this age is closed within hours, or everything stops.
OLD_SHIFT = timedelta(hours=20)
# Longer than a worker takes for a test; whoever still waits then presses again.
TEST_LASTS = timedelta(minutes=1)
_ACTIVE = ("1", "None")


@dataclass(frozen=True, slots=True)
class Checkup:
    """Says what became of the last test. `advice` and `words` say what was wrong."""

    at: datetime
    is_pending: bool
    is_passed: bool
    advice: Advice | None = None
    words: str | None = None


@dataclass(frozen=True, slots=True)
class Register:
    """Describes a register in service or of earlier years. `licence_days` may be below zero."""

    cashbox: Cashbox
    licence_ends: datetime | None
    licence_days: int | None
    shift: Shift | None
    shift_hours: int
    is_shift_old: bool
    last_receipt: Any
    vat: Chosen
    pause: Advice | None
    test: Checkup | None

    @property
    def is_licence_short(self) -> bool:
        return self.licence_days is not None and self.licence_days <= LICENCE_WARNING.days


def list_registers(session: Session, settings: Settings, salons: Salons) -> Sequence[Register]:
    """Returns the registers whose money is all of these salons, those in service first; in one statement."""
    rows = session.execute(_select().where(limit_cashboxes(session, salons, Cashbox.id))).all()
    return [_describe(settings, row) for row in rows]


def _select() -> Any:
    newest = (
        select(Receipt.id, Receipt.issued_at, Receipt.total, Receipt.kind)
        .where(Receipt.cashbox_id == Cashbox.id, Receipt.issued_at.is_not(None))
        .order_by(Receipt.issued_at.desc())
        .limit(1)
        .lateral("newest")
    )
    last = (
        select(CashboxOrder)
        .where(CashboxOrder.cashbox_id == Cashbox.id, CashboxOrder.kind == OrderKind.CHECK)
        .order_by(CashboxOrder.id.desc())
        .limit(1)
        .lateral("last")
    )
    tested = aliased(CashboxOrder, last)
    return (
        select(
            Cashbox, CashboxLicence.expires_at, Shift, newest.c.id, newest.c.issued_at, newest.c.total, newest.c.kind, tested
        )
        .outerjoin(CashboxLicence, CashboxLicence.cashbox_id == Cashbox.id)
        .outerjoin(Shift, and_(Shift.cashbox_id == Cashbox.id, Shift.closed_at.is_(None)))
        .outerjoin(newest, true())
        .outerjoin(tested, true())
        .order_by(Cashbox.enabled.desc(), Cashbox.id)
    )


def _describe(settings: Settings, row: Any) -> Register:
    cashbox, licence_ends, shift, receipt_id, issued_at, total, kind, tested = row
    now = utc_now()
    age = now - shift.opened_at if shift else timedelta()
    receipt = None
    if receipt_id is not None:
        receipt = {"id": receipt_id, "at": issued_at, "total": total, "is_return": kind == ReceiptKind.RETURN}
    return Register(
        cashbox=cashbox,
        licence_ends=licence_ends,
        licence_days=(licence_ends - now).days if licence_ends else None,
        shift=shift,
        shift_hours=int(age.total_seconds() // 3600),
        is_shift_old=age >= OLD_SHIFT,
        last_receipt=receipt,
        vat=describe_choice(settings, cashbox, "vat"),
        pause=explain(cashbox.paused_code) if cashbox.paused_since else None,
        test=read_test(tested) if tested else None,
    )


def read_test(order: CashboxOrder) -> Checkup:
    """Returns what an order of a test came to."""
    if order.state == OrderState.REQUESTED:
        return Checkup(order.created_at, is_pending=utc_now() - order.created_at < TEST_LASTS, is_passed=False)
    at = order.done_at or order.created_at
    if order.state != OrderState.DONE:
        return Checkup(at, False, False, explain(order.error_code) if order.error_code else None, order.error_text)
    status = str((order.result or {}).get("CashboxStatus"))
    if status not in _ACTIVE:
        return Checkup(
            at, False, False, Advice(Text("The register is not active at Webkassa."), Text("Look in Webkassa's cabinet."))
        )
    return Checkup(at, False, True)
