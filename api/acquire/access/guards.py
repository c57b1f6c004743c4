"""Guards the routes of the payment page: who is signed in, whether the role suffices, whether the form is ours."""

import re
import secrets
from typing import Annotated

from fastapi import Depends, Request

from api.acquire.access.auth import NotAllowed, NotFound, NotSignedIn, SecondFactorNeeded, Staff
from api.acquire.access.cookies import LANGUAGE_COOKIE, SESSION_COOKIE, VISITOR_COOKIE, read_cookie, read_sealed
from api.acquire.access.forms import Form, FormRefused, Upload, read_form, read_upload
from api.acquire.access.origin import is_foreign
from api.acquire.access.signing import get_secret, is_equal, make_form_token
from api.acquire.account.sessions import Place, describe_device, find_staff
from api.acquire.words.i18n import choose_language
from shared.storage.db import SessionFactory

LIVE = "/acquire/live"
FORM_TOKEN = "form_token"  # noqa: S105 -- the name of a field
_WITHOUT_SECOND_FACTOR = ("/acquire/account", "/acquire/logout")
_ROW_ID = re.compile(r"[0-9]{1,18}")


def get_sessions(request: Request) -> SessionFactory:
    """Returns what opens sessions, for routes that write."""
    sessions: SessionFactory = request.app.state.sessions
    return sessions


def get_address(request: Request) -> str | None:
    """Returns the address of the browser: what nginx passed on, by way of the server's proxy headers."""
    return request.client.host if request.client else None


def get_place(request: Request) -> Place:
    """Returns where the browser is, and what it is."""
    return Place(get_address(request), describe_device(request.headers.get("user-agent", "")))


def is_watching(request: Request) -> bool:
    """Says whether a page asks by itself, with nobody at it: for news, or for its own newest state."""
    return request.headers.get("x-fragment") == "live" or request.url.path.startswith(LIVE)


def find_signed_in(request: Request) -> Staff | None:
    """Returns who is signed in, remembered on the request so that the page can show it; None where nobody is."""
    if not hasattr(request.state, "staff"):
        token, state = read_sealed(request, SESSION_COOKIE, "session"), request.app.state
        found = None
        if token:
            is_use = not is_watching(request)
            found = find_staff(state.sessions, state.settings, token, get_address(request), is_use=is_use)
        request.state.staff = found
    staff: Staff | None = request.state.staff
    return staff


def get_staff(request: Request) -> Staff:
    """Returns who is signed in. Raises NotSignedIn; SecondFactorNeeded, but on the pages where it is set up."""
    staff = find_signed_in(request)
    if staff is None:
        raise NotSignedIn
    is_wanted = request.app.state.settings.managers_need_second_factor and staff.is_manager
    if is_wanted and not staff.has_second_factor and not request.url.path.startswith(_WITHOUT_SECOND_FACTOR):
        raise SecondFactorNeeded
    return staff


StaffDep = Annotated[Staff, Depends(get_staff)]


def get_manager(staff: StaffDep) -> Staff:
    """Returns the manager who is signed in. Raises NotSignedIn, NotAllowed."""
    if not staff.is_manager:
        raise NotAllowed
    return staff


ManagerDep = Annotated[Staff, Depends(get_manager)]


def get_form_token(request: Request) -> str:
    """Returns the token of this browser's forms: of its session, or of its visitor cookie before sign-in."""
    secret = get_secret(request.app.state.settings)
    staff = find_signed_in(request)
    return make_form_token(secret, staff.token if staff else get_visitor(request))


def get_visitor(request: Request) -> str:
    """Returns the random name of a browser that is not signed in; a new one is set with the answer."""
    if not hasattr(request.state, "visitor"):
        request.state.visitor = read_sealed(request, VISITOR_COOKIE, "visitor") or secrets.token_urlsafe(16)
    visitor: str = request.state.visitor
    return visitor


RawForm = Annotated[dict[str, str], Depends(read_form)]


def check_form(request: Request, raw: RawForm) -> Form:
    """Returns the fields of a form of ours. Raises FormRefused."""
    _check_token(request, raw)
    return raw


def _check_token(request: Request, fields: Form) -> None:
    if is_foreign(request.headers, request.url.hostname):
        raise FormRefused
    if not is_equal(get_form_token(request), fields.get(FORM_TOKEN, "")):
        raise FormRefused


def check_staff_form(_: StaffDep, form: Annotated[Form, Depends(check_form)]) -> Form:
    """Returns the fields of a form that somebody signed in has sent. Raises NotSignedIn, FormRefused."""
    return form


def check_manager_form(_: ManagerDep, form: Annotated[Form, Depends(check_form)]) -> Form:
    """Returns the fields of a form that a manager has sent. Raises NotSignedIn, NotAllowed, FormRefused."""
    return form


def check_manager_upload(request: Request, _: ManagerDep, upload: Annotated[Upload, Depends(read_upload)]) -> Upload:
    """Returns a form with a file that a manager has sent. Raises NotSignedIn, NotAllowed, FormRefused."""
    _check_token(request, upload.fields)
    return upload


def get_row_id(request: Request) -> int:
    """Returns the `{id}` of the path. Raises NotFound for what no row can have."""
    typed = str(request.path_params["id"])
    if not _ROW_ID.fullmatch(typed):
        raise NotFound
    return int(typed)


def get_language(request: Request) -> str:
    """Returns the language that this browser has chosen, else the default."""
    return choose_language(read_cookie(request, LANGUAGE_COOKIE))


FormDep = Annotated[Form, Depends(check_form)]
StaffFormDep = Annotated[Form, Depends(check_staff_form)]
ManagerFormDep = Annotated[Form, Depends(check_manager_form)]
ManagerUploadDep = Annotated[Upload, Depends(check_manager_upload)]
RowIdDep = Annotated[int, Depends(get_row_id)]
PlaceDep = Annotated[Place, Depends(get_place)]
SessionsDep = Annotated[SessionFactory, Depends(get_sessions)]
