"""Shows an account to its owner: password, sessions; the second factor to managers and ops, the PIN to managers."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.auth import Staff
from api.acquire.access.guards import (
    ManagerDep,
    ManagerFormDep,
    PlaceDep,
    RowIdDep,
    SessionsDep,
    StaffDep,
    StaffFormDep,
    WatcherDep,
    WatcherFormDep,
)
from api.acquire.access.passwords import stand_in_line
from api.acquire.account.password import change_password
from api.acquire.account.password_rules import MIN_PASSWORD
from api.acquire.account.pin import has_pin, set_pin
from api.acquire.account.second_factor import Proposal, begin, confirm, read_proposal, remove, say_not_fitting
from api.acquire.account.sessions import end_other_sessions, end_own_session, list_sessions
from api.acquire.payment.form import FormErrors
from api.acquire.show.rendering import redirect, render, set_session
from api.acquire.visits.views import draw_code
from api.dependencies import SessionDep, SettingsDep
from shared.config import Settings

router = APIRouter(prefix="/account")

HOME = "/acquire/account"
DONE = ("password", "sessions", "pin", "removed")


@router.get("")
def show_account(request: Request, staff: StaffDep, session: SessionDep, settings: SettingsDep, done: str = "") -> Response:
    """Shows the account of whoever is signed in; `done` names what was just changed."""
    return _show(request, session, settings, staff, FormErrors(), done=done if done in DONE else None)


@router.post("/password")
def take_password(
    request: Request,
    staff: StaffDep,
    form: StaffFormDep,
    sessions: SessionsDep,
    settings: SettingsDep,
    place: PlaceDep,
) -> Response:
    """Changes the password; this browser stays signed in, with a new session. Raises Crowded."""
    with stand_in_line(is_known=True):
        changed = change_password(sessions, settings, staff, form, place)
    if isinstance(changed, FormErrors):
        with sessions() as session:
            return _show(request, session, settings, staff, changed, form="password", status=422)
    response = redirect(f"{HOME}?done=password")
    set_session(request, response, changed)
    return response


@router.post("/sessions/{id}/end")
def end_session(id: RowIdDep, staff: StaffDep, _: StaffFormDep, sessions: SessionsDep) -> Response:
    """Ends one of the account's other sessions. Raises NotFound."""
    end_own_session(sessions, staff, id)
    return redirect(f"{HOME}?done=sessions")


@router.post("/sessions/end")
def end_others(staff: StaffDep, _: StaffFormDep, sessions: SessionsDep) -> Response:
    """Ends all of them but this one."""
    with sessions.begin() as session:
        ended = end_other_sessions(session, staff)
        audit.record(session, staff.doer, "sessions_ended", ended=ended)
    return redirect(f"{HOME}?done=sessions")


@router.post("/pin")
def take_pin(
    request: Request, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep, settings: SettingsDep
) -> Response:
    """Sets the PIN by which a manager approves on a cashier's screen. Raises Crowded."""
    with stand_in_line(is_known=True):
        errors = set_pin(sessions, staff, form)
    if errors.by_field:
        with sessions() as session:
            return _show(request, session, settings, staff, errors, form="pin", status=422)
    return redirect(f"{HOME}?done=pin")


@router.post("/second-factor")
def begin_second_factor(
    request: Request, staff: WatcherDep, form: WatcherFormDep, sessions: SessionsDep, settings: SettingsDep
) -> Response:
    """Shows a new secret for the phone, once the password was confirmed. Raises Crowded, Refused."""
    with stand_in_line(is_known=True):
        begun = begin(sessions, settings, staff, form)
    if isinstance(begun, FormErrors):
        with sessions() as session:
            return _show(request, session, settings, staff, begun, form="second", status=422)
    return _show_proposal(request, begun, FormErrors())


@router.post("/second-factor/confirm")
def confirm_second_factor(
    request: Request, staff: WatcherDep, form: WatcherFormDep, sessions: SessionsDep, settings: SettingsDep
) -> Response:
    """Puts the second factor in force and shows the recovery codes, this once. Raises Refused."""
    proposal = read_proposal(settings, staff, form.get("sealed", ""))
    codes = confirm(sessions, settings, staff, proposal, form.get("code", "").replace(" ", ""))
    if codes is None:
        return _show_proposal(request, proposal, say_not_fitting(), status=422)
    return render(request, "recovery_codes.html", codes=codes)


@router.post("/second-factor/remove")
def remove_second_factor(
    request: Request, staff: WatcherDep, form: WatcherFormDep, sessions: SessionsDep, settings: SettingsDep
) -> Response:
    """Takes the second factor away, once the password was confirmed. Raises Crowded."""
    with stand_in_line(is_known=True):
        errors = remove(sessions, staff, form)
    if errors.by_field:
        with sessions() as session:
            return _show(request, session, settings, staff, errors, form="second", status=422)
    return redirect(f"{HOME}?done=removed")


def _show_proposal(request: Request, proposal: Proposal, errors: FormErrors, *, status: int = 200) -> Response:
    code = draw_code(proposal.address)
    return render(request, "second_factor.html", status=status, proposal=proposal, code=code, errors=errors.by_field)


def _show(
    request: Request,
    session: Session,
    settings: Settings,
    staff: Staff,
    errors: FormErrors,
    *,
    form: str = "",
    done: str | None = None,
    status: int = 200,
    **more: Any,
) -> Response:
    return render(
        request,
        "account.html",
        status=status,
        errors={form: errors.by_field},
        done=done,
        signed_in=list_sessions(session, settings, staff),
        least=MIN_PASSWORD,
        has_pin=has_pin(session, staff),
        is_wanted=settings.managers_need_second_factor and staff.is_wide,
        **more,
    )
