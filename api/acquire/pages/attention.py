"""Shows what waits for a person, in plain words, and puts it back to work."""

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.auth import NotFound
from api.acquire.access.guards import ManagerDep, ManagerFormDep, RowIdDep, SessionsDep, StaffDep
from api.acquire.access.salons import Salons
from api.acquire.attention.queries import PAGE_SIZE, list_dead_letters, list_refused_returns, list_returns_due
from api.acquire.show.rendering import redirect, render
from api.acquire.words.advice import Advice, advise_return, explain, explain_refused_return
from api.acquire.words.text import Refused, Text
from api.dependencies import SessionDep
from shared.replay import Outcome, replay
from shared.storage.models import WebhookRecord

router = APIRouter(prefix="/attention")


@router.get("")
def show_attention(request: Request, staff: StaffDep, session: SessionDep, before: str = "") -> Response:
    """Shows dead letters, a page at a time from the id `before` on; on the first page also returns."""
    newest = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    rows = list_dead_letters(session, staff.salons, newest)
    letters = [(row, explain(row.error_code)) for row in rows[:PAGE_SIZE]]
    is_first = newest is None
    return render(
        request,
        "attention.html",
        letters=letters,
        next_before=rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None,
        due=[(row, advise_return(row.return_due_reason)) for row in list_returns_due(session, staff.salons)]
        if is_first
        else [],
        refused=_explain_refused(session, staff.salons) if is_first else [],
    )


def _explain_refused(session: Session, salons: Salons) -> list[tuple[Any, Advice | None]]:
    return [(row, explain_refused_return(row.error_code, row.refusal)) for row in list_refused_returns(session, salons)]


@router.post("/{id}/retry")
def retry(request: Request, id: RowIdDep, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep) -> Response:
    """Puts a delivery back to work, the same way as the command line's replay. Raises NotFound, Refused."""
    with sessions() as session:
        company_id = session.scalar(select(WebhookRecord.company_id).where(WebhookRecord.id == id))
    if not staff.salons.include(company_id):
        raise NotFound
    state = request.app.state
    result = replay(sessions, state.producer, state.redis, id, actor=f"staff:{staff.login}", reason="payment page")
    if result.outcome is Outcome.NOT_FOUND:
        raise NotFound
    with sessions.begin() as session:
        outcome = result.outcome.name.lower()
        audit.record(session, staff.doer, "replayed", f"delivery {id}", company_id=company_id, outcome=outcome)
    if result.outcome is Outcome.NOT_POSSIBLE:
        raise Refused(Text("This cannot be repeated."))
    visit = form.get("visit", "")
    is_visit = visit.isascii() and visit.isdigit() and len(visit) < 19
    return redirect(f"/acquire/visits/{visit}/progress" if is_visit else "/acquire/attention")
