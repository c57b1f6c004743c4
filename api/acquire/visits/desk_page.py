"""Renders a page of the desk: the list of visits on the left, what was chosen of it on the right."""

from datetime import timedelta
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from api.acquire.access.auth import Staff
from api.acquire.show.rendering import render
from api.acquire.visits.list_place import ListPlace
from api.acquire.visits.listing import show_list
from api.acquire.visits.takings import add_up_day
from shared.clock import almaty_date, utc_now

_ONE_DAY = timedelta(days=1)


def render_desk(
    request: Request,
    template: str,
    session: Session,
    staff: Staff,
    place: ListPlace,
    *,
    status: int = 200,
    after: str = "",
    **context: Any,
) -> HTMLResponse:
    """Renders a template of the desk with the list at that place and what today took in."""
    return render(
        request,
        template,
        status=status,
        list=show_list(session, staff.salons, place, after),
        one_day=_ONE_DAY,
        takings=add_up_day(session, staff.salons, almaty_date(utc_now())),
        **context,
    )
