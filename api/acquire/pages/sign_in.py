"""Signs staff in and out, and sets the language, which is chosen before that too."""

from fastapi import APIRouter, Request, Response

from api.acquire.access.cookies import DEVICE_COOKIE, read_sealed
from api.acquire.access.guards import FormDep, PlaceDep, SessionsDep, StaffDep, StaffFormDep, find_signed_in
from api.acquire.access.passwords import stand_in_line
from api.acquire.access.salons import EVERYWHERE
from api.acquire.access.way_back import HOME, choose_place, read_not_done, write_sign_in
from api.acquire.account.candidate import SignedIn
from api.acquire.account.second_step import NeedsCode, take_second_step
from api.acquire.account.sessions import sign_out
from api.acquire.account.sign_in import sign_in
from api.acquire.show.rendering import forget_session, redirect, render, set_device, set_language, set_session
from api.acquire.words.i18n import choose_language
from api.dependencies import SettingsDep
from shared.logging import get_logger

log = get_logger(__name__)
router = APIRouter()


@router.get("/login")
def show_sign_in(request: Request, next: str = HOME, lost: str | None = None) -> Response:
    """Shows the form, with what was not done for want of a session, or leads on whoever is signed in."""
    if find_signed_in(request) is not None:
        return redirect(choose_place(next))
    return _show(request, place=choose_place(next), lost=lost)


@router.post("/login")
def take_sign_in(request: Request, form: FormDep, sessions: SessionsDep, settings: SettingsDep, where: PlaceDep) -> Response:
    """Signs in and leads to the page that was asked for; 401 with the form where that fails. Raises Crowded."""
    login, ticket = form.get("login", "")[:200], form.get("ticket")
    place, lost = choose_place(form.get("next")), form.get("lost")
    signed_in: SignedIn | NeedsCode | None
    device = read_sealed(request, DEVICE_COOKIE, "device")
    with stand_in_line(is_known=device is not None):
        if ticket:
            signed_in = take_second_step(sessions, settings, ticket, form.get("code", "")[:100], where, device)
        else:
            signed_in = sign_in(sessions, settings, login, form.get("password", ""), where, device)
    if isinstance(signed_in, NeedsCode):
        return _show(request, place=place, lost=lost, ticket=signed_in.ticket)
    if signed_in is None:
        log.warning("sign-in refused")
        return _show(request, place=place, lost=lost, login=login, ticket=ticket, failed=True)
    response = redirect("/acquire/setup" if signed_in.is_first and place == HOME else place)
    set_session(request, response, signed_in.token)
    set_device(request, response, signed_in.device)
    return response


def _show(
    request: Request,
    *,
    place: str,
    lost: str | None,
    login: str = "",
    ticket: str | None = None,
    failed: bool = False,
) -> Response:
    return render(
        request,
        "login.html",
        status=401 if failed else 200,
        failed=failed,
        login=login,
        ticket=ticket,
        place=place,
        lost=lost or "",
        not_done=read_not_done(request, lost),
        salon=_find_salon(request),
    )


def _find_salon(request: Request) -> str | None:
    """Whose page it is, where there is one salon alone: of several nobody is told the names before they sign in."""
    salon = request.app.state.frames.get(EVERYWHERE).salon
    return salon if isinstance(salon, str) else None


@router.post("/logout")
def take_sign_out(request: Request, staff: StaffDep, _: StaffFormDep, sessions: SessionsDep) -> Response:
    """Signs out."""
    sign_out(sessions, staff)
    response = redirect(f"{HOME}/login")
    forget_session(request, response)
    return response


@router.post("/language")
def take_language(request: Request, form: FormDep) -> Response:
    """Remembers the language for a year."""
    place = choose_place(form.get("next"))
    response = redirect(place if find_signed_in(request) else write_sign_in(place, form.get("lost")))
    set_language(request, response, choose_language(form.get("language")))
    return response
