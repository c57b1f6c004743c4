"""Shows managers who did what."""

from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import ColumnElement, and_, exists, func, or_, select, true
from sqlalchemy.orm import aliased

from api.acquire.access.guards import ManagerDep
from api.acquire.access.salons import Salons
from api.acquire.show.rendering import render
from api.acquire.visits.views import KIND_LABELS
from api.acquire.words.text import Text
from api.dependencies import SessionDep
from shared.fiscal.statuses import PaymentKind
from shared.storage.models import AuditEvent, StaffSalon, StaffUser

router = APIRouter()

PAGE_SIZE = 50

ACTIONS = {
    "signed_in": Text("Signed in"),
    "signed_out": Text("Signed out"),
    "sign_in_failed": Text("Wrong password"),
    "sign_in_locked": Text("Wrong password, sign-in closed for a while"),
    "payment_taken": Text("Payment taken"),
    "return_ordered": Text("Return ordered"),
    "replayed": Text("Put back to work"),
    "replay_started": Text("Replay started"),
    "replay_stopped": Text("Replay stopped"),
    "delivery_shown": Text("Personal data of a delivery shown"),
    "examined": Text("Examination of the service asked for"),
    "probed": Text("Paused cashbox checked"),
    "x_report_ordered": Text("X-report ordered"),
    "z_report_ordered": Text("Z-report ordered"),
    "deposit_ordered": Text("Cash put in"),
    "withdrawal_ordered": Text("Cash taken out"),
    "drawer_offer_dismissed": Text("Told by Altegio, not of the drawer"),
    "goods_codes_changed": Text("Codes of goods changed"),
    "password_changed": Text("Own password changed"),
    "password_not_confirmed": Text("Wrong password typed while signed in"),
    "sessions_ended": Text("Own sessions ended"),
    "pin_changed": Text("PIN set"),
    "approved": Text("Approved by PIN"),
    "approval_refused": Text("A PIN that did not fit"),
    "second_factor_set": Text("Second factor set up"),
    "second_factor_removed": Text("Second factor taken away"),
    "second_factor_failed": Text("Wrong code of the second factor"),
    "cashbox_added": Text("Cashbox added or changed"),
    "cashbox_disabled": Text("Cashbox taken out of service"),
    "webhook_address_made": Text("New webhook address made"),
    "webhook_address_ended": Text("Old webhook address ended"),
    "reconciled": Text("Unknown receipts asked about"),
    "retention_run": Text("Old rows emptied"),
    "alerts_tried": Text("Alerts tried"),
    "credentials_resealed": Text("Credentials sealed anew"),
    "user_added": Text("Account added"),
    "user_placed": Text("Salons of the account changed"),
    "user_disabled": Text("Account disabled"),
    "user_enabled": Text("Account enabled"),
    "password_reset": Text("New password"),
}

_SUBJECTS = {
    "visit": (Text("Visit"), "/acquire/visits/"),
    "receipt": (Text("Receipt"), "/acquire/success/"),
    "delivery": (Text("delivery"), "/acquire/wire/"),
    "replay": (Text("Replay"), "/acquire/wire/replay/"),
    "staff": (Text("account"), None),
    "order": (Text("Order"), "/acquire/orders/"),
    "cashbox": (Text("Cashbox"), None),
    "salon": (Text("Salon"), None),
}


@router.get("/audit")
def show_audit(request: Request, staff: ManagerDep, session: SessionDep, before: str = "") -> Response:
    """Shows the trail, newest first, a page at a time from the id `before` on."""
    about = aliased(StaffUser)
    query = (
        select(AuditEvent, StaffUser.login, about.login)
        .outerjoin(StaffUser, StaffUser.id == AuditEvent.staff_user_id)
        .outerjoin(about, AuditEvent.subject == func.concat("staff ", about.id))
        .where(_is_of(staff.salons, StaffUser, about))
    )
    if before.isascii() and before.isdigit() and len(before) < 19:
        query = query.where(AuditEvent.id < int(before))
    rows = session.execute(query.order_by(AuditEvent.id.desc()).limit(PAGE_SIZE + 1)).all()
    next_before = rows[PAGE_SIZE - 1][0].id if len(rows) > PAGE_SIZE else None
    return render(
        request, "audit.html", events=[_show(*row) for row in rows[:PAGE_SIZE]], next_before=next_before, is_first=not before
    )


def _is_of(salons: Salons, doer: Any, about: Any) -> ColumnElement[bool]:
    """What was done to a salon is for those who belong to it; what to an account, for those who share all its salons."""
    if salons.companies is None:
        return true()
    is_of_account = AuditEvent.company_id.is_(None) & (AuditEvent.subject.is_(None) | about.id.is_not(None))
    is_near = or_(_is_within(salons, doer), _is_within(salons, about))
    return or_(salons.allow(AuditEvent.company_id), and_(is_of_account, is_near))


def _is_within(salons: Salons, account: Any) -> ColumnElement[bool]:
    placed = exists().where(StaffSalon.staff_user_id == account.id)
    return and_(~account.all_salons, placed, ~placed.where(~salons.allow(StaffSalon.company_id)))


def _show(event: AuditEvent, login: str | None, about: str | None) -> dict[str, Any]:
    """`about`: the login of the account that it was done to. Only the command line acts without a login: `by` is the
    machine's account.
    """
    kind, _, number = (event.subject or "").partition(" ")
    label, place = _SUBJECTS.get(kind, (Text("Other"), None))
    return {
        "at": event.created_at,
        "login": login or event.details.get("by") or (Text("unknown login") if event.address else Text("command line")),
        "address": event.address,
        "action": ACTIONS.get(event.action, event.action),
        "label": label if number else None,
        "number": about or number,
        "place": f"{place}{number}" if place else None,
        "sums": _find_sums(event.details),
    }


def _find_sums(details: dict[str, Any]) -> list[tuple[Text | None, Decimal]]:
    """The money of a payment by kind, or of a return."""
    if isinstance(kinds := details.get("kinds"), dict):
        return [(KIND_LABELS[PaymentKind(kind)], Decimal(amount)) for kind, amount in kinds.items()]
    return [(None, Decimal(details["total"]))] if "total" in details else []
