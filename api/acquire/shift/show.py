"""Shows the page of the shift: a card for each register, with the form to put cash in or take it out."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from fastapi import Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.acquire.access.auth import Staff
from api.acquire.access.forms import Form
from api.acquire.account.pin import list_approvers
from api.acquire.cashbox.choice import limit_cashboxes, list_cashboxes
from api.acquire.cashbox.views import show_order
from api.acquire.payment.form import FormErrors
from api.acquire.shift.queries import Standing, read_standings
from api.acquire.show.rendering import render
from api.acquire.visits.queries import list_paused
from api.acquire.words.advice import explain
from api.acquire.words.kinds import KIND_LABELS
from api.acquire.words.text import Text
from shared.storage.models import Cashbox, CashboxOrder
from shared.storage.models.desk.cashbox_order import MONEY_ORDERS, OrderState

# Webkassa counts 24 hours from the first document and sells nothing more then.
OLD_FROM, TOO_OLD_FROM = 20, 23
_OLD = Text("The shift is open for %(hours)s h. Close it today: after 24 h Webkassa makes no receipt.")
_TOO_OLD = Text("The shift is open for %(hours)s h. Close it now: after 24 h Webkassa makes no receipt.")


@dataclass(frozen=True, slots=True)
class Card:
    """Describes a register's card. `typed` and `errors`: of its form for cash, where that was refused."""

    standing: Standing
    typed: Form
    errors: dict[str, Text]
    cash_key: str
    x_key: str

    @property
    def warning(self) -> Text | None:
        """Returns what to say of a shift that has grown old."""
        hours = self.standing.hours
        if hours < OLD_FROM:
            return None
        return Text((_TOO_OLD if self.is_too_old else _OLD).msgid, hours=int(hours))

    @property
    def is_too_old(self) -> bool:
        return self.standing.hours >= TOO_OLD_FROM


def render_shift(
    request: Request,
    session: Session,
    staff: Staff,
    typed: Form | None = None,
    errors: FormErrors | None = None,
    *,
    done: int | None = None,
    status: int = 200,
) -> Response:
    """Shows all registers of somebody; `done` names a movement of cash that has just ended."""
    cashboxes = list_cashboxes(session, staff.salons)
    faults, said = errors.by_field if errors else {}, typed or {}
    cards = [_make_card(one, cashboxes, said, faults) for one in read_standings(session, cashboxes)]
    paused = list_paused(session, Cashbox.id.in_([cashbox.id for cashbox in cashboxes]))
    finished = _find_movement(session, staff, done) if done else None
    return render(
        request,
        "shift.html",
        status=status,
        cards=cards,
        labels=KIND_LABELS,
        is_register_missing="cashbox" in faults and not any(card.errors for card in cards),
        errors=faults,
        paused={row.id: (row, explain(row.paused_code)) for row in paused},
        approvers=list_approvers(session, staff.salons) if "pin" in faults else (),
        done=show_order(finished) if finished else None,
        close_at=request.app.state.settings.shift_close_at,
    )


def _make_card(one: Standing, cashboxes: Sequence[Cashbox], typed: Form, errors: dict[str, Text]) -> Card:
    is_this = bool(typed) and (typed.get("cashbox", "") == str(one.cashbox.id) or len(cashboxes) == 1)
    key = typed.get("form_key", "") if is_this else ""
    return Card(one, typed if is_this else {}, errors if is_this else {}, key or str(uuid4()), str(uuid4()))


def _find_movement(session: Session, staff: Staff, number: int) -> CashboxOrder | None:
    return session.scalar(
        select(CashboxOrder).where(
            CashboxOrder.id == number,
            CashboxOrder.state == OrderState.DONE,
            CashboxOrder.kind.in_(MONEY_ORDERS),
            limit_cashboxes(session, staff.salons, CashboxOrder.cashbox_id),
        )
    )
