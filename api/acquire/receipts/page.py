"""Shows all receipts, the newest first: searched, narrowed, a page at a time; and as a file."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from api.acquire.access.auth import NotFound, Staff
from api.acquire.access.guards import ManagerDep, StaffDep, StaffFormDep
from api.acquire.receipts.asked import Asked, read_asked, read_cursor
from api.acquire.receipts.file import write_receipts_csv, write_receipts_xlsx
from api.acquire.receipts.queries import PAGE_SIZE, list_cashiers, list_receipts
from api.acquire.receipts.search import MAX_TYPED, read_search
from api.acquire.receipts.states import PERIOD_LABELS, SORT_LABELS, STATE_LABELS
from api.acquire.receipts.views import show_page, show_row
from api.acquire.show.rendering import get_speaker, redirect, render
from api.acquire.visits.search_key import seal_words, unseal_words
from api.acquire.words.kinds import KIND_LABELS
from api.acquire.words.text import Text
from api.dependencies import SessionDep, SettingsDep
from shared.clock import almaty_date, utc_now

router = APIRouter(prefix="/receipts")

MOST_IN_FILE = 10_000
_WRITERS = {
    "csv": (write_receipts_csv, "text/csv; charset=utf-8"),
    "xlsx": (write_receipts_xlsx, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}


@router.get("")
def show_receipts(request: Request, staff: StaffDep, session: SessionDep, settings: SettingsDep) -> Response:
    """Shows the receipts that the address asks for."""
    asked, today = read_asked(request.query_params), almaty_date(utc_now())
    typed = unseal_words(settings, staff, asked.key)
    rows = _list(session, staff, asked, typed, PAGE_SIZE)
    cashiers = list_cashiers(session, staff.salons)
    return render(
        request,
        "receipts.html",
        page=show_page(rows),
        asked=asked,
        typed=typed,
        today=today,
        yesterday=today - timedelta(days=1),
        periods=PERIOD_LABELS,
        groups=_list_groups(asked, cashiers),
        chosen=_list_chosen(asked, cashiers),
    )


@router.post("")
def search_receipts(staff: StaffDep, form: StaffFormDep, settings: SettingsDep) -> Response:
    """Leads to what was typed. Its words are sealed, so that names and phones are in no address and no access log."""
    words = form.get("q", "")[:MAX_TYPED].strip()
    key = seal_words(settings, staff, words) if words else ""
    return redirect(f"/acquire/receipts{read_asked(form).link(key=key)}")


@router.get("/file.{extension}")
def download(request: Request, extension: str, staff: ManagerDep, session: SessionDep, settings: SettingsDep) -> Response:
    """Sends what the list shows as a file, all pages of it. Raises NotFound for kinds of files we do not write."""
    if extension not in _WRITERS:
        raise NotFound
    write, content_type = _WRITERS[extension]
    asked = read_asked({**request.query_params, "after": ""})
    rows = _list(session, staff, asked, unseal_words(settings, staff, asked.key), MOST_IN_FILE)
    content = write([show_row(row) for row in rows[:MOST_IN_FILE]], get_speaker(request))
    name = f"receipts-{almaty_date(utc_now())}.{extension}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=content_type, headers=headers)


def _list(session: Session, staff: Staff, asked: Asked, typed: str, limit: int) -> Any:
    limits = asked.find_limits(almaty_date(utc_now()))
    after = read_cursor(asked.after)
    return list_receipts(session, staff.salons, asked, limits, read_search(typed), after, limit=limit)


def _list_groups(asked: Asked, cashiers: Any) -> list[tuple[str, Text, list[tuple[Any, Any]], Any]]:
    """The choices that are folded away: name of the field, heading, values with words, the chosen one."""
    return [
        ("sort", Text("For what"), list(SORT_LABELS.items()), asked.sort),
        ("way", Text("Way of payment"), list(KIND_LABELS.items()), asked.way),
        ("state", Text("State"), list(STATE_LABELS.items()), asked.state),
        ("cashier", Text("Cashier"), [(one.id, one.name) for one in cashiers], asked.cashier),
    ]


def _list_chosen(asked: Asked, cashiers: Any) -> list[tuple[str, Any]]:
    """What the list is narrowed to, in words, each with the query that leaves it out."""
    return [
        (asked.link(**{name: None}), dict(choices)[chosen])
        for name, _, choices, chosen in _list_groups(asked, cashiers)
        if chosen is not None and chosen in dict(choices)
    ]
