"""Leads whoever had to sign in, or whose form was refused, back to the page they were on, and says what was not done."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from urllib.parse import quote, urlencode, urlsplit

from fastapi import FastAPI, Request
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

from api.acquire.access.signing import get_secret, seal, unseal
from api.acquire.words.text import Text
from shared.clock import utc_now

HOME = "/acquire"
# Pages that a person may be sent back to; nothing that another site could choose freely.
_PLACE = re.compile(
    r"/acquire(/([a-z][a-z-]{0,30}|[0-9]{1,18})){0,5}(\?[a-z_]+=[\w.:-]*(&[a-z_]+=[\w.:-]*){0,9})?", re.ASCII
)
_NO_PLACES = (f"{HOME}/log", f"{HOME}/language", f"{HOME}/live")
_ANYTHING = f"{HOME}/{{rest:path}}"
_LASTS = timedelta(minutes=30)
_PURPOSE = "not done"
_SUM = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?", re.ASCII)
_KINDS = (
    ("payment", re.compile(r"/acquire/(visits/[0-9]+|sale(/[0-9]+)?)")),
    ("return", re.compile(r"/acquire/.*(/return|/returns/.*|/method/.*)")),
    ("cash", re.compile(r"/acquire/(drawer|orders|shifts?)(/.*)?")),
    ("question", re.compile(r"/acquire(/receipts|(/.*)?/search|/logout)?")),
)
_NOT_DONE = {
    "payment": Text("The payment was not taken."),
    "return": Text("The return was not made."),
    "cash": Text("No cash was booked and no report was made."),
    "other": Text("Nothing was done."),
}


@dataclass(frozen=True, slots=True)
class NotDone:
    """Says what a form that was refused wanted, and for a payment its sum, where the form told it."""

    kind: str
    total: Decimal | None = None

    @property
    def text(self) -> Text:
        """What a person is told first."""
        if self.kind == "payment" and self.total is not None:
            return Text("The payment of %(sum)s was not taken.", sum=self.total)
        return _NOT_DONE[self.kind]


def choose_place(wanted: str | None) -> str:
    """Returns where to go after signing in: a page of ours, never an address that somebody else has chosen."""
    return wanted if wanted and _PLACE.fullmatch(wanted) and not wanted.startswith(_NO_PLACES) else HOME


def find_way_back(request: Request) -> str:
    """Returns the page on which somebody pressed, by what the browser tells, else by the address that was asked for."""
    told = urlsplit(request.headers.get("referer", ""))
    if told.hostname == request.url.hostname and told.path != f"{HOME}/login":
        place = _climb(request.app, told.path)
        if place == told.path and told.query:
            place = _with_query(place, told.query)
        if place != request.url.path or request.method != "GET":
            return place
    return HOME if request.method == "GET" else _climb(request.app, request.url.path)


def link_sign_in(request: Request, not_done: NotDone | None = None) -> str:
    """Returns the address of the sign-in page that leads back, and says what was not done."""
    if request.method == "GET":
        place = _with_query(request.url.path, request.url.query)
    else:
        place = find_way_back(request)
    return write_sign_in(place, _write(request, not_done) if not_done else None)


def write_sign_in(place: str, not_done: str | None) -> str:
    """Returns the address of the sign-in page with the place and the sealed words of what was not done."""
    query = f"next={quote(place, safe='/')}"
    return f"{HOME}/login?{query}&{urlencode({'lost': not_done})}" if not_done else f"{HOME}/login?{query}"


def describe(path: str, fields: Mapping[str, str]) -> NotDone | None:
    """Returns what a posted form wanted, None for a search, which loses nothing."""
    kind = next((kind for kind, pattern in _KINDS if pattern.fullmatch(path)), "other")
    if kind == "question":
        return None
    total = fields.get("shown_total", "")
    return NotDone(kind, Decimal(total) if kind == "payment" and _SUM.fullmatch(total) else None)


def read_not_done(request: Request, sealed: str | None) -> NotDone | None:
    """Returns what the sign-in page is to say, None where the seal is not ours or is old."""
    kind, total, until = ((unseal(get_secret(request.app.state.settings), _PURPOSE, sealed) or "") + "::").split(":")[:3]
    if not until or int(until) < utc_now().timestamp():
        return None
    return NotDone(kind, Decimal(total) if total else None)


def _write(request: Request, not_done: NotDone) -> str:
    until = int((utc_now() + _LASTS).timestamp())
    total = "" if not_done.total is None else f"{not_done.total:f}"
    return seal(get_secret(request.app.state.settings), _PURPOSE, f"{not_done.kind}:{total}:{until}")


def _with_query(path: str, query: str) -> str:
    """What of the query could be anything is left away."""
    place = f"{path}?{query}" if query else path
    return place if _PLACE.fullmatch(place) else path


def _climb(app: FastAPI, path: str) -> str:
    """An address that only takes forms has no page: the nearest above it has one."""
    place = choose_place(path)
    while place != HOME and not any(pattern.match(place) for pattern in _list_pages(app)):
        place = place.rpartition("/")[0]
    return place


@lru_cache(maxsize=1)
def _list_pages(app: FastAPI) -> list[re.Pattern[str]]:
    routes = iter_route_contexts(app.routes)
    paths = {str(route.path) for route in routes if "GET" in (route.methods or ())} - {_ANYTHING}
    return [compile_path(path)[0] for path in paths if path.startswith(HOME)]
