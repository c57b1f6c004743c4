"""Shows how the service is, as one page, as text for support, and as a file without anything secret or personal."""

from fastapi import APIRouter, Request, Response
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError

from api.acquire.access import audit
from api.acquire.access.guards import SessionsDep, WatcherDep, WatcherFormDep
from api.acquire.show.rendering import get_speaker, redirect, render
from api.acquire.wire.health.bundle import build_bundle
from api.acquire.wire.health.look import look_around, read_reports
from api.acquire.wire.health.support_text import write_support_text
from api.acquire.words.text import Refused, Text
from api.dependencies import SessionDep, SettingsDep
from shared.clock import ALMATY, utc_now
from shared.queue import EXAMINE_ALL, publish_task

router = APIRouter(prefix="/wire/health")

HOME = "/acquire/wire/health"


@router.get("")
def show_health(
    request: Request, staff: WatcherDep, session: SessionDep, settings: SettingsDep, asked: str = ""
) -> Response:
    """Shows what workers found, with its age, and beside it what this process sees."""
    state = request.app.state
    reports = read_reports(session, staff.salons)
    around = look_around(session, staff.salons, settings, state.producer, state.redis)
    return render(
        request,
        "wire/health.html",
        reports=reports,
        around=around,
        text=write_support_text(get_speaker(request), request.app.version, reports, around),
        is_asked=asked == "1",
        flower=settings.flower_url,
    )


@router.post("/examine")
def examine(request: Request, staff: WatcherDep, _: WatcherFormDep, sessions: SessionsDep) -> Response:
    """Has a worker examine everything now, Webkassa and Altegio too. Raises Refused."""
    try:
        publish_task(request.app.state.producer, EXAMINE_ALL, [])
    except (BrokerDown, RedisError, OSError):
        raise Refused(Text("The broker does not answer, so no worker could be asked.")) from None
    with sessions.begin() as session:
        audit.record(session, staff.doer, "examined")
    return redirect(f"{HOME}?asked=1")


@router.get("/bundle.zip")
def send_bundle(request: Request, staff: WatcherDep, session: SessionDep, settings: SettingsDep) -> Response:
    """Sends the file for support."""
    state = request.app.state
    reports = read_reports(session, staff.salons)
    around = look_around(session, staff.salons, settings, state.producer, state.redis)
    text = write_support_text(get_speaker(request), request.app.version, reports, around)
    name = f"support-{utc_now().astimezone(ALMATY):%Y-%m-%d-%H%M}.zip"
    return Response(
        build_bundle(session, staff.salons, settings, request.app.version, text),
        media_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
