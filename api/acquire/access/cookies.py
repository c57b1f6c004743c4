"""Names, sets and reads the cookies of the payment page.

Over TLS a browser keeps them for this host alone (`__Host-`), or at least takes them over TLS only (`__Secure-`): no other
host of the domain can plant one. Over plain HTTP, which is for loopback, such names are impossible.
"""

from collections.abc import Mapping

from fastapi import Request
from starlette.responses import Response

from api.acquire.access.signing import get_secret, seal, unseal

SESSION_COOKIE = "acquire_session"
VISITOR_COOKIE = "acquire_visitor"
DEVICE_COOKIE = "acquire_device"
LANGUAGE_COOKIE = "acquire_language"
COOKIE_PATH = "/acquire"
_PREFIXES: Mapping[str, str] = {LANGUAGE_COOKIE: "__Secure-"}
_HOST = "__Host-"


def _name(request: Request, cookie: str) -> str:
    return f"{_PREFIXES.get(cookie, _HOST)}{cookie}" if request.url.scheme == "https" else cookie


def _path(name: str) -> str:
    """A name for this host alone asks for the whole host."""
    return "/" if name.startswith(_HOST) else COOKIE_PATH


def read_cookie(request: Request, cookie: str) -> str | None:
    """Returns a cookie by the name that it has over this connection; no other name is believed."""
    return request.cookies.get(_name(request, cookie))


def read_sealed(request: Request, cookie: str, purpose: str) -> str | None:
    """Returns the value of a cookie of ours, None where the seal is not."""
    return unseal(get_secret(request.app.state.settings), purpose, read_cookie(request, cookie))


def set_cookie(request: Request, response: Response, cookie: str, value: str, *, seconds: int | None = None) -> None:
    """Sets a cookie that no script can read; for `seconds`, else until the browser ends."""
    name = _name(request, cookie)
    is_secure = request.url.scheme == "https"
    response.set_cookie(name, value, max_age=seconds, path=_path(name), secure=is_secure, httponly=True, samesite="lax")


def set_sealed(
    request: Request, response: Response, cookie: str, purpose: str, value: str, *, seconds: int | None = None
) -> None:
    """Sets a cookie with our seal."""
    sealed = seal(get_secret(request.app.state.settings), purpose, value)
    set_cookie(request, response, cookie, sealed, seconds=seconds)


def forget_cookie(request: Request, response: Response, cookie: str) -> None:
    """Takes a cookie away."""
    name = _name(request, cookie)
    is_secure = request.url.scheme == "https"
    response.delete_cookie(name, path=_path(name), secure=is_secure, httponly=True, samesite="lax")
