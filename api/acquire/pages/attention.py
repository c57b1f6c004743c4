"""Shows what waits for a person, in plain words, and puts it back to work."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.guards import ManagerDep, ManagerFormDep, NotFound, RowIdDep, SessionsDep, StaffDep
from api.acquire.attention.queries import PAGE_SIZE, list_dead_letters, list_refused_returns, list_returns_due
from api.acquire.show.rendering import redirect, render
from api.acquire.words.advice import Advice, advise_return, explain, explain_refused_return
from api.acquire.words.text import Refused, Text
from api.dependencies import SessionDep
from shared.replay import Outcome, replay

router = APIRouter(prefix="/attention")


@router.get("")
def show_attention(request: Request, _: StaffDep, session: SessionDep, before: str = "") -> Response:
    """Shows dead letters, a page at a time from the id `before` on; on the first page also returns."""
    newest = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    rows = list_dead_letters(session, newest)
    letters = [(row, explain(row.error_code)) for row in rows[:PAGE_SIZE]]
    is_first = newest is None
    return render(
        request,
        "attention.html",
        letters=letters,
        next_before=rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None,
        due=[(row, advise_return(row.return_due_reason)) for row in list_returns_due(session)] if is_first else [],
        refused=_explain_refused(session) if is_first else [],
    )


def _explain_refused(session: Session) -> list[tuple[Any, Advice | None]]:
    return [(row, explain_refused_return(row.error_code, row.refusal)) for row in list_refused_returns(session)]


@router.post("/{id}/retry")
def retry(request: Request, id: RowIdDep, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep) -> Response:
    """Puts a delivery back to work, the same way as the command line's replay. Raises NotFound, Refused."""
    state = request.app.state
    result = replay(sessions, state.producer, state.redis, id, actor=f"staff:{staff.login}", reason="payment page")
    if result.outcome is Outcome.NOT_FOUND:
        raise NotFound
    with sessions.begin() as session:
        audit.record(session, staff.id, "replayed", f"delivery {id}", outcome=result.outcome.name.lower())
    if result.outcome is Outcome.NOT_POSSIBLE:
        raise Refused(Text("This cannot be repeated."))
    visit = form.get("visit", "")
    is_visit = visit.isascii() and visit.isdigit() and len(visit) < 19
    return redirect(f"/acquire/visits/{visit}/progress" if is_visit else "/acquire/attention")
