"""Renders templates: one environment a language, everything escaped, nothing of a page kept by caches."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import RedirectResponse, Response

from api.acquire.access.auth import Staff
from api.acquire.access.cookies import (
    DEVICE_COOKIE,
    LANGUAGE_COOKIE,
    SESSION_COOKIE,
    VISITOR_COOKIE,
    forget_cookie,
    set_cookie,
    set_sealed,
)
from api.acquire.access.guards import FORM_TOKEN, find_signed_in, get_form_token, get_language, get_visitor
from api.acquire.account.devices import KNOWN_FOR
from api.acquire.frame.places import find_place, list_more, list_places
from api.acquire.show.assets import link_asset
from api.acquire.words.i18n import LANGUAGES, Speaker
from shared.clock import almaty_date

TEMPLATES = Path(__file__).resolve().parents[3] / "templates"
LANGUAGE_LASTS_SECONDS = 365 * 24 * 3600


@lru_cache
def get_environment(language: str) -> Environment:
    """Returns the templates of a language, with its words and its ways to write sums and times."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    speaker = Speaker(language)
    environment.install_gettext_translations(speaker.translations, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(
        say=speaker.say,
        money=speaker.money,
        words=speaker.words,
        count=speaker.count,
        plain=speaker.plain,
        day=speaker.day,
        short_day=speaker.short_day,
        day_in_words=speaker.day_in_words,
        month=speaker.month,
        weekday=speaker.weekday,
        short_weekday=speaker.short_weekday,
        thousands=speaker.thousands,
        time=speaker.time,
        moment=speaker.moment,
        iso_day=lambda moment: almaty_date(moment).isoformat(),
    )
    environment.globals.update(language=language, languages=LANGUAGES, asset=link_asset, form_token_name=FORM_TOKEN)
    return environment


def get_speaker(request: Request) -> Speaker:
    """Returns who says things in the language of this browser."""
    return Speaker(get_language(request))


def render(request: Request, template: str, *, status: int = 200, **context: Any) -> HTMLResponse:
    """Renders a page for whoever is signed in, or for a visitor, who gets the cookie that forms need."""
    page = get_environment(get_language(request)).get_template(f"acquire/{template}")
    staff = find_signed_in(request)
    content = page.render(
        staff=staff, form_token=get_form_token(request), path=request.url.path, **_frame(request, staff), **context
    )
    response = HTMLResponse(content, status, headers={"Cache-Control": "no-store"})
    if staff is None:
        set_sealed(request, response, VISITOR_COOKIE, "visitor", get_visitor(request))
    return response


def _frame(request: Request, staff: Staff | None) -> dict[str, Any]:
    """What stands around the page. One that answers a form is not kept fresh: its address shows something else."""
    if staff is None:
        return {}
    return {
        "frame": request.app.state.frames.get(staff.salons),
        "places": list_places(staff),
        "more": list_more(staff),
        "place_here": find_place(request.url.path),
        "is_live": request.method == "GET",
    }


def render_without_session(request: Request, template: str, *, status: int, **context: Any) -> HTMLResponse:
    """Renders a page that must not ask the database, or cannot sign."""
    page = get_environment(get_language(request)).get_template(f"acquire/{template}")
    content = page.render(staff=None, form_token=None, path=request.url.path, **context)
    return HTMLResponse(content, status, headers={"Cache-Control": "no-store"})


def redirect(address: str) -> RedirectResponse:
    """Leads to another page by 303: the browser fetches it, and a reload of that posts nothing."""
    return RedirectResponse(address, 303, headers={"Cache-Control": "no-store"})


def set_session(request: Request, response: Response, token: str) -> None:
    """Sets the cookie that keeps somebody signed in."""
    set_sealed(request, response, SESSION_COOKIE, "session", token)


def set_device(request: Request, response: Response, device: str) -> None:
    """Sets the cookie by which this browser is known from now on, by whoever signs in on it."""
    set_sealed(request, response, DEVICE_COOKIE, "device", device, seconds=int(KNOWN_FOR.total_seconds()))


def set_language(request: Request, response: Response, language: str) -> None:
    """Sets the cookie of the chosen language, for a year."""
    set_cookie(request, response, LANGUAGE_COOKIE, language, seconds=LANGUAGE_LASTS_SECONDS)


def forget_session(request: Request, response: Response) -> None:
    """Takes the session's cookie away."""
    forget_cookie(request, response, SESSION_COOKIE)
