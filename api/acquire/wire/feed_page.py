"""Shows the feed of the wire: every delivery of Altegio, and what became of it."""

from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from api.acquire.access.guards import WatcherDep, WatcherFormDep
from api.acquire.access.salons import Salons
from api.acquire.salon.known import find_known_salons
from api.acquire.show.rendering import redirect, render
from api.acquire.wire.feed import PAGE_SIZE, Filters, list_deliveries, read_id, show
from api.acquire.wire.find import close, read_typed, unclose
from api.acquire.wire.words.labels import STATES
from api.dependencies import SessionDep, SettingsDep

router = APIRouter(prefix="/wire")

HOME = "/acquire/wire"


@router.get("")
def show_feed(
    request: Request,
    staff: WatcherDep,
    session: SessionDep,
    settings: SettingsDep,
    state: str = "",
    code: str = "",
    salon: str = "",
    find: str = "",
    before: str = "",
) -> Response:
    """Shows deliveries, narrowed to what was chosen, a page at a time from the id `before` on."""
    typed = unclose(settings, find)
    sought = read_typed(typed)
    filters = Filters.read({"state": state, "code": code, "salon": salon}, sought)
    known, is_nothing = find_known_salons(session), bool(typed) and sought is None
    rows = [] if is_nothing else list_deliveries(session, staff.salons, filters, known, read_id(before))
    return render(
        request,
        "wire/feed.html",
        entries=[show(row) for row in rows[:PAGE_SIZE]],
        next_before=rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None,
        filters=filters,
        chosen=urlencode({**filters.as_query, **({"find": find} if typed else {})}),
        query=filters.as_query,
        states=STATES,
        salons=list_salons(staff.salons, known),
        typed=typed,
        find=find if typed else "",
        is_nothing=is_nothing,
        is_first=not before,
        flower=settings.flower_url,
    )


@router.post("")
def search(_: WatcherDep, form: WatcherFormDep, settings: SettingsDep) -> Response:
    """Leads to the feed of what was typed: sealed, so that no phone that somebody tries stands in an address."""
    query, typed = Filters.read(form).as_query, form.get("q", "").strip()
    if typed:
        query["find"] = close(settings, typed)
    return redirect(f"{HOME}?{urlencode(query)}" if query else HOME)


def list_salons(salons: Salons, known: frozenset[int]) -> list[int]:
    """Returns the salons that somebody may choose from."""
    return sorted(known if salons.companies is None else salons.companies)
