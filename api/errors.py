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
from api.acquire.access.forms import FormRefused, FormTooLarge
from api.acquire.access.guards import is_watching
from api.acquire.access.passwords import Crowded
from api.acquire.access.signing import SecretKeyMissing
from api.acquire.show.rendering import redirect, render, render_without_session
from api.acquire.words.text import Refused, Text
from api.webhook.status import RecordNotFound
from shared.logging import get_logger

log = get_logger(__name__)

RETRY_AFTER = {"Retry-After": "2"}
_ANSWERS: tuple[tuple[type[Exception], int, Text], ...] = (
    (NotAllowed, 403, Text("This is for managers. Ask one of them to sign in.")),
    (MayNotReplay, 403, Text("Your account may look at the wire, and neither replay nor see personal data.")),
    (
        FormRefused,
        403,
        Text("The page was open for too long or in another window. Nothing was done: open it again and repeat."),
    ),
    (FormTooLarge, 413, Text("The form is too large.")),
    (NotFound, 404, Text("There is no such page.")),
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
            return _say(request, 503, Text("The database does not answer. Nothing was lost: try again in a minute."))
        return _answer(503, "the database is not available", RETRY_AFTER)

    app.add_exception_handler(RecordNotFound, not_found)
    app.add_exception_handler(DBAPIError, database_down)
    app.add_exception_handler(PoolTimeout, database_down)
    _add_page_handlers(app)


def _add_page_handlers(app: FastAPI) -> None:
    """For the payment page, in words. Not async: they may ask the database who is signed in."""
    for error, code, text in _ANSWERS:
        app.add_exception_handler(error, _make_handler(code, text))
    _add_handlers_of_sign_in(app)
    app.add_exception_handler(NotForOps, _refuse_ops)

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return render(request, "message.html", status=409, text=error.text, link=error.link)

    def no_secret_key(request: Request, error: Exception) -> Response:
        log.error("the payment page is closed", reason=str(error))
        return _say(request, 503, Text("The payment page is closed: SECRET_KEY is not set in the service's settings."))

    app.add_exception_handler(Refused, refused)
    app.add_exception_handler(SecretKeyMissing, no_secret_key)


def _make_handler(code: int, text: Text) -> Callable[[Request, Exception], Response]:
    return lambda request, _: render(request, "message.html", status=code, text=text)


def _add_handlers_of_sign_in(app: FastAPI) -> None:
    def not_signed_in(request: Request, _: Exception) -> Response:
        if _is_asked_by_script(request):
            return JSONResponse({"signed_in": False}, 401)
        return redirect(f"{COOKIE_PATH}/login?next={request.url.path}")

    def account_first(request: Request, error: Exception) -> Response:
        if _is_asked_by_script(request):
            return not_signed_in(request, error)
        return redirect(f"{COOKIE_PATH}/account")

    def crowded(request: Request, _: Exception) -> Response:
        answer = _say(request, 429, Text("Many are signing in just now. Try again in a few seconds."))
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


def _is_asked_by_script(request: Request) -> bool:
    return request.url.path.endswith(("/state", "/states")) or is_watching(request)


def _say(request: Request, code: int, text: Text) -> Response:
    return render_without_session(request, "message.html", status=code, text=text)
