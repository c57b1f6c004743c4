"""Shows managers who did what: a person's, a kind of deed, a day, on the page or as a file."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.acquire.access.guards import ManagerDep
from api.acquire.show.rendering import get_speaker, render
from api.acquire.trail.file import write_trail
from api.acquire.trail.queries import Wanted, list_events, list_people, name_subjects, read_wanted
from api.acquire.trail.views import show_event
from api.acquire.words.text import Text
from api.dependencies import SessionDep

router = APIRouter()

PAGE_SIZE = 50
MOST_IN_FILE = 10_000

ACTIONS = {
    "signed_in": Text("Signed in"),
    "signed_out": Text("Signed out"),
    "sign_in_failed": Text("Wrong password"),
    "sign_in_locked": Text("Wrong password, sign-in closed for a while"),
    "payment_taken": Text("Payment taken"),
    "return_ordered": Text("Return ordered"),
    "method_corrected": Text("Way of payment corrected"),
    "sold_anew": Text("Sold anew after a correction"),
    "handed_back": Text("Money of a return given back"),
    "receipt_sent_again": Text("Receipt sent again"),
    "replayed": Text("Put back to work"),
    "probed": Text("Paused cashbox checked"),
    "x_report_ordered": Text("X-report ordered"),
    "z_report_ordered": Text("Z-report ordered"),
    "deposit_ordered": Text("Cash put in"),
    "withdrawal_ordered": Text("Cash taken out"),
    "cash_counted": Text("Cash counted"),
    "task_put_off": Text("Task put off"),
    "drawer_offer_dismissed": Text("Told by Altegio, not of the drawer"),
    "goods_codes_changed": Text("Codes of goods changed"),
    "password_changed": Text("Own password changed"),
    "password_not_confirmed": Text("Wrong password typed while signed in"),
    "sessions_ended": Text("Own sessions ended"),
    "pin_changed": Text("PIN set"),
    "approved": Text("Approved by PIN"),
    "approval_refused": Text("A PIN that did not fit"),
    "second_factor_set": Text("Second factor set up"),
    "second_factor_removed": Text("Second factor taken away"),
    "second_factor_failed": Text("Wrong code of the second factor"),
    "cashbox_added": Text("Cashbox added or changed"),
    "cashbox_disabled": Text("Cashbox taken out of service"),
    "webhook_address_made": Text("New webhook address made"),
    "webhook_address_ended": Text("Old webhook address ended"),
    "reconciled": Text("Unknown receipts asked about"),
    "retention_run": Text("Old rows emptied"),
    "alerts_tried": Text("Alerts tried"),
    "credentials_resealed": Text("Credentials sealed anew"),
    "user_added": Text("Account added"),
    "user_placed": Text("Salons of the account changed"),
    "user_disabled": Text("Account disabled"),
    "user_enabled": Text("Account enabled"),
    "password_reset": Text("New password"),
}

WantedDep = Annotated[Wanted, Depends(read_wanted)]


@router.get("/audit")
def show_audit(request: Request, staff: ManagerDep, session: SessionDep, wanted: WantedDep) -> Response:
    """Shows the trail, newest first, a page at a time from the id `before` on."""
    rows = list_events(session, staff.salons, wanted, PAGE_SIZE + 1)
    names = name_subjects(session, [event for event, *_ in rows])
    return render(
        request,
        "audit.html",
        events=[show_event(event, doer, about, ACTIONS, names) for event, doer, about in rows[:PAGE_SIZE]],
        next_before=rows[PAGE_SIZE - 1][0].id if len(rows) > PAGE_SIZE else None,
        is_first=wanted.before is None,
        people=list_people(session, staff.salons),
        actions=ACTIONS,
        wanted=wanted,
    )


@router.get("/audit.csv")
def download(request: Request, staff: ManagerDep, session: SessionDep, wanted: WantedDep) -> Response:
    """Sends the newest lines of the trail as a file."""
    rows = list_events(session, staff.salons, wanted, MOST_IN_FILE)
    names = name_subjects(session, [event for event, *_ in rows])
    content = write_trail(
        [show_event(event, doer, about, ACTIONS, names) for event, doer, about in rows], get_speaker(request)
    )
    headers = {"Content-Disposition": 'attachment; filename="audit.csv"', "Cache-Control": "no-store"}
    return Response(content, media_type="text/csv; charset=utf-8", headers=headers)
