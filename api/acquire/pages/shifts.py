"""Shows managers the shifts that were, with their reports and counts, and has a paused register tried."""

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.auth import NotFound
from api.acquire.access.guards import ManagerDep, ManagerFormDep, RowIdDep, SessionsDep
from api.acquire.access.salons import Salons
from api.acquire.cashbox.choice import limit_cashboxes, may_use
from api.acquire.cashbox.views import show_report, show_shift
from api.acquire.salon.known import find_company
from api.acquire.shift.counts import find_counts
from api.acquire.show.rendering import redirect, render
from api.dependencies import SessionDep
from shared.books.shift import sum_shift, sum_shifts
from shared.logging import get_logger
from shared.queue import ISSUE_RECEIPTS, publish_task
from shared.storage.models import Cashbox, Shift

log = get_logger(__name__)
router = APIRouter()

PAGE_SIZE = 40


@router.get("/shifts")
def show_shifts(request: Request, staff: ManagerDep, session: SessionDep, before: str = "") -> Response:
    """Shows the shifts of each cashbox with their reports, a page at a time from the id `before` on."""
    newest = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    rows = _list_shifts(session, staff.salons, newest)
    shown = [shift for shift, _ in rows[:PAGE_SIZE]]
    counts, issued = find_counts(session, [shift.id for shift in shown]), sum_shifts(session, shown)
    return render(
        request,
        "shifts.html",
        lines=[(show_shift(s, number, issued[s.id]), counts.get(s.id)) for s, number in rows[:PAGE_SIZE]],
        next_before=rows[PAGE_SIZE - 1][0].id if len(rows) > PAGE_SIZE else None,
        is_first=newest is None,
    )


def _list_shifts(session: Session, salons: Salons, before: int | None) -> Sequence[tuple[Shift, str]]:
    query = select(Shift, Cashbox.unique_number).join(Cashbox).where(limit_cashboxes(session, salons, Cashbox.id))
    query = query.order_by(Shift.id.desc()).limit(PAGE_SIZE + 1)
    if before is not None:
        query = query.where(Shift.id < before)
    return [(shift, number) for shift, number in session.execute(query)]


@router.post("/cashboxes/{id}/probe")
def probe_now(request: Request, id: RowIdDep, staff: ManagerDep, _: ManagerFormDep, sessions: SessionsDep) -> Response:
    """A paused cashbox is tried at once, by a worker, instead of at its next probe."""
    with sessions.begin() as session:
        cashbox = session.get(Cashbox, id)
        if cashbox is None or not may_use(session, staff.salons, cashbox):
            raise NotFound
        if cashbox.paused_since is not None:
            cashbox.paused_until = func.now()
            audit.record(
                session, staff.doer, "probed", f"cashbox {cashbox.unique_number}", company_id=find_company(session, cashbox)
            )
    try:
        publish_task(request.app.state.producer, ISSUE_RECEIPTS, [id])
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("probe left to the dispatcher", cashbox_id=id, error=type(error).__name__)
    return redirect("/acquire")


@router.get("/shifts/{id}")
def show_z_report(request: Request, id: RowIdDep, staff: ManagerDep, session: SessionDep) -> Response:
    """Shows the Z-report of a shift. Raises NotFound, also where there is none."""
    shift = session.get(Shift, id)
    if shift is None or shift.report is None:
        raise NotFound
    cashbox = session.get_one(Cashbox, shift.cashbox_id)
    if not may_use(session, staff.salons, cashbox):
        raise NotFound
    issued = sum_shift(session, shift)
    line = show_shift(shift, cashbox.unique_number, issued)
    count = find_counts(session, [shift.id]).get(shift.id)
    return render(request, "report.html", report=show_report(shift.report), shift=line, count=count)
