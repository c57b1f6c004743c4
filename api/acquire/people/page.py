"""Shows managers who may sign in, and takes what they want done about it: add, name, place, reset, disable."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.auth import Staff
from api.acquire.access.guards import ManagerDep, ManagerFormDep, RowIdDep, SessionsDep
from api.acquire.access.passwords import stand_in_line
from api.acquire.access.salons import EVERYWHERE, Salons
from api.acquire.account.password_rules import MIN_PASSWORD
from api.acquire.people import accounts
from api.acquire.people.accounts import Mistake, Newcomer, Record, make_password
from api.acquire.people.listing import (
    covers,
    find_person,
    list_people,
    list_roles,
    list_salons,
    lock_account,
    name_salons,
)
from api.acquire.show.rendering import redirect, render
from api.acquire.words.text import Refused, Text
from api.dependencies import SessionDep
from shared.storage.db import SessionFactory
from shared.storage.models import StaffUser

router = APIRouter(prefix="/people")

HOME = "/acquire/people"
DONE = ("name", "role", "salons", "disabled", "enabled", "second", "pin")
Deed = Callable[[Session, Record, StaffUser], None]


@router.get("")
def show_people(request: Request, staff: ManagerDep, session: SessionDep) -> Response:
    """Shows everybody who shares a salon with the manager."""
    return render(request, "people/list.html", people=list_people(session, staff), names=name_salons(session))


@router.get("/new")
def show_new(request: Request, staff: ManagerDep, session: SessionDep) -> Response:
    """Shows the form of a new account."""
    return _show_new(request, session, staff, {}, {})


@router.post("")
def add_person(request: Request, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep) -> Response:
    """Makes an account. A password that was made for it is shown in the answer, this once. Raises Crowded."""
    password = form.get("password", "") or make_password()
    is_made = not form.get("password")
    try:
        newcomer = Newcomer(
            form.get("login", "")[:200],
            form.get("name", "")[:200],
            _read_role(staff, form),
            _read_salons(staff, form),
            password,
            is_temporary=is_made,
        )
        with stand_in_line(is_known=True), sessions.begin() as session:
            user_id = accounts.add(session, _recorder(session, staff), newcomer)
    except Mistake as mistake:
        with sessions() as session:
            return _show_new(request, session, staff, form, {mistake.field: mistake.text}, status=422)
    if is_made:
        return _show_password(request, sessions, staff, user_id, password, is_new=True)
    return redirect(f"{HOME}/{user_id}")


@router.get("/{id}")
def show_person(request: Request, id: RowIdDep, staff: ManagerDep, session: SessionDep, done: str = "") -> Response:
    """Shows an account; `done` names what was just changed. Raises NotFound."""
    return _show_person(request, session, staff, id, {}, {}, done=done if done in DONE else None)


@router.post("/{id}/name")
def rename(request: Request, id: RowIdDep, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep) -> Response:
    """Changes how colleagues call somebody. Raises NotFound."""
    name = form.get("name", "")[:200]
    return _do(request, sessions, staff, id, form, "name", lambda _, record, user: accounts.rename(record, user, name))


@router.post("/{id}/role")
def give_role(request: Request, id: RowIdDep, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep) -> Response:
    """Changes what somebody may do. Raises NotFound, Refused."""

    def deed(session: Session, record: Record, user: StaffUser) -> None:
        accounts.give_role(session, record, user, _read_role(staff, form))

    return _do(request, sessions, staff, id, form, "role", _not_oneself(staff, deed))


@router.post("/{id}/salons")
def place(request: Request, id: RowIdDep, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep) -> Response:
    """Changes where somebody works. Raises NotFound, Refused."""

    def deed(session: Session, record: Record, user: StaffUser) -> None:
        accounts.place(session, record, user, _read_salons(staff, form))

    return _do(request, sessions, staff, id, form, "salons", _not_oneself(staff, deed))


@router.post("/{id}/password")
def reset(request: Request, id: RowIdDep, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep) -> Response:
    """Gives a new password, typed or made; a made one is shown in the answer. Raises NotFound, Refused, Crowded."""
    typed = form.get("password", "")
    password = typed or make_password()

    def deed(session: Session, record: Record, user: StaffUser) -> None:
        accounts.reset(session, record, user, password, is_temporary=not typed)

    with stand_in_line(is_known=True):
        answer = _do(request, sessions, staff, id, form, "password", _not_oneself(staff, deed))
    if typed or answer.status_code != 303:
        return answer
    return _show_password(request, sessions, staff, id, password, is_new=False)


@router.post("/{id}/disable")
def disable(request: Request, id: RowIdDep, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep) -> Response:
    """Lets somebody sign in no more. Raises NotFound, Refused."""
    return _do(request, sessions, staff, id, form, "disabled", _not_oneself(staff, accounts.disable))


@router.post("/{id}/enable")
def enable(request: Request, id: RowIdDep, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep) -> Response:
    """Lets somebody sign in again. Raises NotFound."""
    return _do(request, sessions, staff, id, form, "enabled", accounts.enable)


@router.post("/{id}/second-factor")
def take_second_factor(
    request: Request, id: RowIdDep, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep
) -> Response:
    """Takes the second factor of a lost phone away. Raises NotFound, Refused."""
    return _do(request, sessions, staff, id, form, "second", _not_oneself(staff, accounts.take_second_factor))


@router.post("/{id}/pin")
def take_pin(request: Request, id: RowIdDep, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep) -> Response:
    """Takes a PIN away. Raises NotFound."""
    return _do(request, sessions, staff, id, form, "pin", lambda _, record, user: accounts.take_pin(record, user))


def _do(
    request: Request,
    sessions: SessionFactory,
    staff: Staff,
    user_id: int,
    form: Mapping[str, str],
    done: str,
    deed: Deed,
) -> Response:
    try:
        with sessions.begin() as session:
            user = lock_account(session, staff, user_id)
            deed(session, _recorder(session, staff), user)
    except Mistake as mistake:
        with sessions() as session:
            return _show_person(request, session, staff, user_id, form, {mistake.field: mistake.text}, status=422)
    return redirect(f"{HOME}/{user_id}?done={done}")


def _not_oneself(staff: Staff, deed: Deed) -> Deed:
    """What takes rights away, or opens an account, is another manager's to do."""

    def do(session: Session, record: Record, user: StaffUser) -> None:
        if user.id == staff.id:
            raise Refused(Text("This is your own account: another manager has to do this."))
        deed(session, record, user)

    return do


def _recorder(session: Session, staff: Staff) -> Record:
    return partial(audit.record, session, staff.doer)


def _read_role(staff: Staff, form: Mapping[str, str]) -> str:
    role = form.get("role", "")
    if role not in dict(list_roles(staff)):
        raise Mistake("role", Text("Choose the role."))
    return role


def _read_salons(staff: Staff, form: Mapping[str, str]) -> Salons:
    """Raises Mistake for no salon, and for one that is not the manager's."""
    if form.get("everywhere") and staff.salons.are_all:
        return EVERYWHERE
    chosen = [name.removeprefix("salon_") for name in form if name.startswith("salon_")]
    if not all(one.isascii() and one.isdigit() and len(one) < 19 for one in chosen):
        raise Mistake("salons", Text("Choose at least one salon."))
    salons = Salons(frozenset(map(int, chosen)))
    if not salons.companies or not covers(staff.salons, salons):
        raise Mistake("salons", Text("Choose at least one salon."))
    return salons


def _show_new(
    request: Request,
    session: Session,
    staff: Staff,
    typed: Mapping[str, str],
    errors: Mapping[str, Text],
    *,
    status: int = 200,
) -> Response:
    return render(request, "people/new.html", status=status, typed=typed, errors=errors, **_list_choices(session, staff))


def _show_person(
    request: Request,
    session: Session,
    staff: Staff,
    user_id: int,
    typed: Mapping[str, str],
    errors: Mapping[str, Text],
    *,
    done: str | None = None,
    status: int = 200,
) -> Response:
    person = find_person(session, staff, user_id)
    return render(
        request,
        "people/person.html",
        status=status,
        person=person,
        typed=typed,
        errors=errors,
        done=done,
        names=name_salons(session),
        **_list_choices(session, staff),
    )


def _list_choices(session: Session, staff: Staff) -> dict[str, Any]:
    return {"roles": list_roles(staff), "salons": list_salons(session, staff), "least": MIN_PASSWORD}


def _show_password(
    request: Request, sessions: SessionFactory, staff: Staff, user_id: int, password: str, *, is_new: bool
) -> Response:
    """In the answer to the form: nothing else ever shows it, and no address carries it."""
    with sessions() as session:
        person = find_person(session, staff, user_id)
    return render(request, "people/password.html", person=person, password=password, is_new=is_new)
