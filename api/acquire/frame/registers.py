"""Says how the registers of somebody's salons are doing, in words: what every page shows in its strip."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session, aliased

from api.acquire.access.salons import Salons
from api.acquire.live.changes import LONG_AFTER, SLOW_AFTER
from api.acquire.words.advice import explain
from api.acquire.words.text import Text
from shared.fiscal.statuses import OPEN_RECEIPT_STATES
from shared.storage.models import Cashbox, Receipt, Shift


class Condition(StrEnum):
    """Names how a register is doing, the worst first."""

    PAUSED = "paused"
    SLOW = "slow"
    LONG = "long"
    WORKS = "works"


@dataclass(frozen=True, slots=True)
class RegisterState:
    """Says how the worst of the registers is doing. `why`: what Webkassa has against it, where it is paused."""

    condition: Condition
    text: Text
    why: Text | None = None


@dataclass(frozen=True, slots=True)
class Registers:
    """Describes all registers of somebody: the worst state, None without any, and what to call them together."""

    now: datetime
    state: RegisterState | None
    name: Text | str | None


def read_registers(session: Session, salons: Salons) -> Registers:
    """Reads the registers that somebody's salons sell by."""
    rows = session.execute(_ask(salons)).all()
    registers = [row for row in rows if row.unique_number is not None]
    states = [_describe(row, is_one=len(registers) == 1) for row in registers]
    return Registers(
        now=rows[0].now,
        state=min(states, key=lambda state: list(Condition).index(state.condition), default=None),
        name=Text("Registers: %(count)s", count=len(states)) if len(states) > 1 else rows[0].name,
    )


def _ask(salons: Salons) -> Any:
    """One row at least, for the clock."""
    waiting = select(func.count()).where(
        Receipt.cashbox_id == Cashbox.id,
        Receipt.state.in_(OPEN_RECEIPT_STATES),
        Receipt.created_at < func.now() - SLOW_AFTER,
    )
    opened = select(func.min(Shift.opened_at)).where(Shift.cashbox_id == Cashbox.id, Shift.closed_at.is_(None))
    clock = select(func.now().label("now")).subquery()
    return select(
        clock.c.now,
        Cashbox.unique_number,
        Cashbox.name,
        Cashbox.paused_since,
        Cashbox.paused_code,
        waiting.scalar_subquery().label("waiting"),
        opened.scalar_subquery().label("opened_at"),
    ).outerjoin_from(clock, Cashbox, Cashbox.enabled & _serve(salons))


def _serve(salons: Salons) -> ColumnElement[bool]:
    """The registers that these salons sell by: their own, and the one for all that have none."""
    if salons.companies is None:
        return true()
    other = aliased(Cashbox)
    own = select(func.count()).where(other.enabled, salons.allow(other.company_id)).scalar_subquery()
    return or_(salons.allow(Cashbox.company_id), Cashbox.company_id.is_(None) & (own < len(salons.companies)))


def _describe(row: Any, *, is_one: bool) -> RegisterState:
    if row.paused_since is not None:
        why = explain(row.paused_code).what
        if is_one:
            return RegisterState(Condition.PAUSED, Text("Register paused since %(time)s", time=row.paused_since), why)
        name = row.name or row.unique_number
        return RegisterState(
            Condition.PAUSED, Text("Register %(name)s paused since %(time)s", name=name, time=row.paused_since), why
        )
    if row.waiting:
        return RegisterState(Condition.SLOW, Text("Webkassa is slow: %(count)s receipts wait", count=row.waiting))
    if row.opened_at is not None and row.now - row.opened_at >= LONG_AFTER:
        hours = int((row.now - row.opened_at).total_seconds() // 3600)
        return RegisterState(Condition.LONG, Text("The shift has been open for %(hours)s h", hours=hours))
    return RegisterState(Condition.WORKS, Text("The register works"))
