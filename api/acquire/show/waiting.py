"""Shows how something is doing that a worker carries out, as a page and for the page that waits."""

from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from api.acquire.show.rendering import get_speaker, redirect, render
from api.acquire.visits.views import Progress


def show_waiting(
    request: Request, progress: Progress, *, state: str, back: str, delivery_id: int | None = None, **shown: Any
) -> Response:
    """Returns the page that waits, or leads on where there is something to see.

    `state`: the address that the page asks; `delivery_id` can be retried; `shown`: more for the template.
    """
    if progress.address:
        return redirect(progress.address)
    return render(
        request,
        "progress.html",
        progress=progress,
        state_address=state,
        back=back,
        delivery_id=delivery_id,
        visit=None,
        **shown,
    )


def tell_state(request: Request, progress: Progress) -> JSONResponse:
    """Returns the same in words, as JSON."""
    return JSONResponse(progress.as_json(get_speaker(request)), headers={"Cache-Control": "no-store"})
