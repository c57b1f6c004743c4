"""Shows managers shifts and their reports, and takes orders of reports."""

from collections.abc import Sequence
from uuid import uuid4

from fastapi import APIRouter, Request, Response
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from api.acquire.access import audit
from api.acquire.access.auth import NotFound
from api.acquire.access.guards import ManagerDep, ManagerFormDep, RowIdDep, SessionsDep
from api.acquire.access.salons import Salons
from api.acquire.cashbox.choice import limit_cashboxes, list_cashboxes, may_use
from api.acquire.cashbox.orders import order_report
from api.acquire.cashbox.views import show_report, show_shift
from api.acquire.pages.orders import publish_order
from api.acquire.salon.known import find_company
from api.acquire.show.rendering import redirect, render
from api.acquire.visits.queries import list_paused
from api.acquire.words.advice import explain
from api.dependencies import SessionDep, SettingsDep
from shared.books.shift import sum_shift
from shared.logging import get_logger
from shared.queue import ISSUE_RECEIPTS, publish_task
from shared.storage.models import Cashbox, Shift

log = get_logger(__name__)
router = APIRouter()

PAGE_SIZE = 40


@router.get("/shifts")
def show_shifts(
    request: Request, staff: ManagerDep, session: SessionDep, settings: SettingsDep, before: str = ""
) -> Response:
    """Shows the shift of each cashbox, and those before, a page at a time from the id `before` on."""
    newest = int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None
    cashboxes = list_cashboxes(session, staff.salons)
    rows = _list_shifts(session, staff.salons, newest)
    lines = [show_shift(s, number, sum_shift(session, s)) for s, number in rows[:PAGE_SIZE]]
    open_shifts = {s.cashbox_id: s for s in session.scalars(select(Shift).where(Shift.closed_at.is_(None)))}
    return render(
        request,
        "shifts.html",
        cashboxes=[(cashbox, open_shifts.get(cashbox.id)) for cashbox in cashboxes],
        lines=lines,
        keys={cashbox.id: (uuid4(), uuid4()) for cashbox in cashboxes},
        close_at=settings.shift_close_at,
        paused={
            row.id: (row, explain(row.paused_code))
            for row in list_paused(session, limit_cashboxes(session, staff.salons, Cashbox.id))
        },
        next_before=rows[PAGE_SIZE - 1][0].id if len(rows) > PAGE_SIZE else None,
        is_first=newest is None,
    )


def _list_shifts(session: Session, salons: Salons, before: int | None) -> Sequence[tuple[Shift, str]]:
    query = select(Shift, Cashbox.unique_number).join(Cashbox).where(limit_cashboxes(session, salons, Cashbox.id))
    query = query.order_by(Shift.id.desc()).limit(PAGE_SIZE + 1)
    if before is not None:
        query = query.where(Shift.id < before)
    return [(shift, number) for shift, number in session.execute(query)]


@router.post("/shifts/reports")
def take_report(request: Request, staff: ManagerDep, form: ManagerFormDep, sessions: SessionsDep) -> Response:
    """Orders a report and leads to where it is watched."""
    ordered = order_report(sessions, staff, form)
    if ordered.is_new:
        publish_order(request, ordered.order_id)
    return redirect(f"/acquire/orders/{ordered.order_id}")


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
    return render(request, "report.html", report=show_report(shift.report), shift=line)
