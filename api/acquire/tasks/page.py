"""Shows what waits for a person, in one list, and lets it be taken, put off and put back to work."""

from fastapi import APIRouter, Request, Response

from api.acquire.access.guards import ManagerDep, ManagerFormDep, RowIdDep, SessionsDep, StaffDep, StaffFormDep
from api.acquire.show.rendering import redirect, render
from api.acquire.tasks.given_up import count_reasons, list_same_reason
from api.acquire.tasks.notes import note_task
from api.acquire.tasks.queries import PAGE_SIZE, count_put_off, list_tasks
from api.acquire.tasks.repeat import AT_ONCE, repeat_all, repeat_one
from api.acquire.tasks.views import show_reasons, show_task
from api.acquire.words.advice import explain
from api.dependencies import SessionDep
from shared.clock import almaty_date, utc_now

router = APIRouter()

_LONGEST_CODE = 40


@router.get("/tasks")
def show_tasks(request: Request, staff: StaffDep, session: SessionDep, page: str = "", show: str = "") -> Response:
    """Shows a page of the list; `show=later`: of those that are put off."""
    number = int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 5 and int(page) else 1
    is_later = show == "later"
    rows = list_tasks(session, staff.salons, put_off=is_later, page=number)
    return render(
        request,
        "tasks.html",
        tasks=[show_task(row, staff.id) for row in rows[:PAGE_SIZE]],
        reasons=show_reasons(count_reasons(session, staff.salons)) if staff.is_manager else [],
        is_later=is_later,
        put_off=0 if is_later else count_put_off(session, staff.salons),
        page=number,
        has_more=len(rows) > PAGE_SIZE,
        now=utc_now(),
        today=almaty_date(utc_now()),
    )


@router.get("/attention")
def lead_on(_: StaffDep) -> Response:
    """Leads from where the list was."""
    return redirect("/acquire/tasks")


@router.post("/tasks/note")
def note(staff: StaffDep, form: StaffFormDep, sessions: SessionsDep) -> Response:
    """Takes a task, or puts it off. Raises NotFound, NotAllowed, Refused."""
    note_task(sessions, staff, form)
    return redirect("/acquire/tasks" if form.get("do") != "bring_back" else "/acquire/tasks?show=later")


@router.get("/tasks/retry")
def preview_retry(
    request: Request, staff: ManagerDep, session: SessionDep, code: str = "", done: str = "", failed: str = ""
) -> Response:
    """Shows which deliveries would be put back to work, and what became of those that were."""
    code = code.replace("\x00", "")[:_LONGEST_CODE]
    rows = list_same_reason(session, staff.salons, code, AT_ONCE + 1)
    return render(
        request,
        "tasks_retry.html",
        code=code,
        advice=explain(code or None),
        rows=rows[:AT_ONCE],
        has_more=len(rows) > AT_ONCE,
        done=_read_count(done),
        failed=_read_count(failed),
    )


@router.post("/tasks/retry")
def retry_all(request: Request, staff: ManagerDep, form: ManagerFormDep) -> Response:
    """Puts back to work what was shown. Raises Refused."""
    code = form.get("code", "")[:_LONGEST_CODE]
    done = repeat_all(request.app.state, staff, code, _read_count(form.get("upto", "")) or 0)
    # The code came from our own page; what else somebody typed is no address.
    known = code if code.replace("_", "").isalnum() and code.isascii() else ""
    return redirect(f"/acquire/tasks/retry?code={known}&done={done[True]}&failed={done[False]}")


@router.post("/attention/{id}/retry")
def retry(request: Request, id: RowIdDep, staff: ManagerDep, form: ManagerFormDep) -> Response:
    """Puts one delivery back to work. Raises NotFound, Refused."""
    repeat_one(request.app.state, staff, id)
    visit = form.get("visit", "")
    is_visit = visit.isascii() and visit.isdigit() and len(visit) < 19
    return redirect(f"/acquire/visits/{visit}/progress" if is_visit else "/acquire/tasks")


def _read_count(typed: str) -> int | None:
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else None
