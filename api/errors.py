"""Turns exceptions into HTTP answers, for all but webhooks: those have `api.webhook.refusals`."""

from collections.abc import Callable, Mapping

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from api.acquire.access.auth import (
    MayNotReplay,
    NotAllowed,
    NotForOps,
    NotFound,
    NotSignedIn,
    PasswordIsTemporary,
    SecondFactorNeeded,
)
from api.acquire.access.cookies import COOKIE_PATH
from api.acquire.access.forms import FormRefused, FormTooLarge, read_form
from api.acquire.access.guards import is_watching
from api.acquire.access.passwords import Crowded
from api.acquire.access.signing import SecretKeyMissing
from api.acquire.access.way_back import describe, find_way_back, link_sign_in
from api.acquire.show.rendering import redirect, render, render_without_session
from api.acquire.words.text import Refused, Text
from api.webhook.status import RecordNotFound
from shared.logging import get_logger

log = get_logger(__name__)

RETRY_AFTER = {"Retry-After": "2"}
_OPEN_AGAIN = Text("Go back, look whether everything is right, and press once more.")
# What happened, and what to do; a form's own words of what was not done stand between them.
_ANSWERS: tuple[tuple[type[Exception], int, Text, Text], ...] = (
    (
        NotAllowed,
        403,
        Text("A manager is needed for this."),
        Text("Ask a manager to sign in here under their own name, or to do it on their own device."),
    ),
    (
        MayNotReplay,
        403,
        Text("Your account may look at the wire, and neither replay nor see personal data."),
        Text("Ask a manager who belongs to all salons for that right."),
    ),
    (FormRefused, 403, Text("The page was open for too long or in another window."), _OPEN_AGAIN),
    (FormTooLarge, 413, Text("The form is too large."), _OPEN_AGAIN),
    (
        NotFound,
        404,
        Text("There is no such page."),
        Text("If you were taking a payment, open the visit: it says whether the payment was taken."),
    ),
)


def _answer(code: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"success": False, "message": message, "record_id": None}, code, headers=headers)


def add_error_handlers(app: FastAPI) -> None:
    """Registers the handlers: JSON for the API, words for the payment page."""

    async def not_found(_: Request, error: Exception) -> JSONResponse:
        return _answer(404, str(error))

    async def database_down(request: Request, error: Exception) -> Response:
        log.error("database error", error=type(error).__name__)
        if request.url.path.startswith(COOKIE_PATH):
            return _say(
                request,
                503,
                Text("The service cannot reach its database."),
                Text("If you were taking a payment: in a minute open the visit and look whether it is taken."),
                Text("Nothing is lost, and no payment is taken twice."),
            )
        return _answer(503, "the database is not available", RETRY_AFTER)

    app.add_exception_handler(RecordNotFound, not_found)
    app.add_exception_handler(DBAPIError, database_down)
    app.add_exception_handler(PoolTimeout, database_down)
    _add_page_handlers(app)


def _add_page_handlers(app: FastAPI) -> None:
    """For the payment page, in words. Not async: they may ask the database who is signed in."""
    for error, code, text, todo in _ANSWERS:
        app.add_exception_handler(error, _make_handler(code, text, todo))
    _add_handlers_of_sign_in(app)
    app.add_exception_handler(NotForOps, _refuse_ops)

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        back = find_way_back(request)
        return render(request, "message.html", status=409, text=error.text, then=[], link=error.link, back=back)

    def no_secret_key(request: Request, error: Exception) -> Response:
        log.error("the payment page is closed", reason=str(error))
        return _say(request, 503, Text("The payment page is closed: SECRET_KEY is not set in the service's settings."))

    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(SecretKeyMissing, no_secret_key)


def _make_handler(code: int, text: Text, todo: Text) -> Callable[[Request, Exception], Response]:
    def answer(request: Request, error: Exception) -> Response:
        not_done = describe(request.url.path, {}) if request.method == "POST" else None
        then = [not_done.text, todo] if not_done else [todo]
        back, is_too_old = find_way_back(request), isinstance(error, FormRefused)
        return render(request, "message.html", status=code, text=text, then=then, back=back, is_too_old=is_too_old)

    return answer


def _add_handlers_of_sign_in(app: FastAPI) -> None:
    async def not_signed_in(request: Request, _: Exception) -> Response:
        """Asks no table. What was typed is read for its sum alone, and only here: nobody is known yet."""
        if _is_asked_by_script(request):
            return JSONResponse({"signed_in": False}, 401)
        not_done = describe(request.url.path, await _read_fields(request)) if request.method == "POST" else None
        return redirect(link_sign_in(request, not_done))

    def account_first(request: Request, _: Exception) -> Response:
        if _is_asked_by_script(request):
            return JSONResponse({"signed_in": False}, 401)
        return redirect(f"{COOKIE_PATH}/account")

    def crowded(request: Request, _: Exception) -> Response:
        text = Text("Many are signing in just now.")
        answer = _say(
            request, 429, text, Text("Nothing was done."), Text("Wait a few seconds, go back and press once more.")
        )
        answer.headers.update(RETRY_AFTER)
        return answer

    app.add_exception_handler(NotSignedIn, not_signed_in)
    app.add_exception_handler(SecondFactorNeeded, account_first)
    app.add_exception_handler(PasswordIsTemporary, account_first)
    app.add_exception_handler(Crowded, crowded)


def _refuse_ops(request: Request, _: Exception) -> Response:
    """The desk's own address leads them to theirs: a browser opens it after each sign-in."""
    if request.method == "GET" and request.url.path == COOKIE_PATH:
        return redirect(f"{COOKIE_PATH}/wire")
    if _is_asked_by_script(request):
        return JSONResponse({"signed_in": True}, 403)
    return render(request, "wire/not_for_ops.html", status=403)


async def _read_fields(request: Request) -> Mapping[str, str]:
    """None of a file's form, of one that is too large, of one that was read before."""
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return {}
    try:
        return await read_form(request)
    except (FormTooLarge, RuntimeError):
        return {}


def _is_asked_by_script(request: Request) -> bool:
    return request.url.path.endswith(("/state", "/states")) or is_watching(request)


def _say(request: Request, code: int, text: Text, *then: Text) -> Response:
    back = find_way_back(request)
    return render_without_session(request, "message.html", status=code, text=text, then=then, back=back)
