"""Replays deliveries: shows what would happen, one by one, and only then has a person start it, and stop it."""

from typing import Any

from fastapi import APIRouter, Request, Response
from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError

from api.acquire.access import audit
from api.acquire.access.guards import ReplayerDep, ReplayerFormDep, RowIdDep, SessionsDep
from api.acquire.salon.known import find_known_salons
from api.acquire.show.rendering import redirect, render
from api.acquire.wire.feed import Filters, read_id
from api.acquire.wire.feed_page import list_salons
from api.acquire.wire.replays.foretold import explain, find_label, say_asked
from api.acquire.wire.replays.runs import (
    MOST_ITEMS,
    PAGE_SIZE,
    Choice,
    count_progress,
    get_run,
    list_items,
    list_runs,
    make_run,
    move_run,
)
from api.acquire.wire.words.labels import FORETOLD, REPLAYED, RUNS, STATES, name_resource
from api.acquire.words.text import Refused, Text
from api.dependencies import SessionDep
from shared.fiscal.statuses import RecordState
from shared.logging import get_logger
from shared.queue import REPLAY_RUN, publish_task
from shared.replay import REPLAYABLE
from shared.storage.models.wire.replay_run import RunState

log = get_logger(__name__)
router = APIRouter(prefix="/wire/replay")

HOME = "/acquire/wire/replay"
_STATES = {state: STATES[state] for state in REPLAYABLE}


@router.get("")
def show_form(
    request: Request, staff: ReplayerDep, session: SessionDep, state: str = "", code: str = "", salon: str = ""
) -> Response:
    """Asks which deliveries, and shows the replays of before."""
    asked = {"state": state or RecordState.DEAD_LETTERED, "code": code, "salon": salon}
    return render(
        request,
        "wire/replay.html",
        filters=Filters.read(asked),
        states=_STATES,
        salons=list_salons(staff.salons, find_known_salons(session)),
        runs=[(row, RUNS[row.ReplayRun.state], say_asked(row.ReplayRun.asked)) for row in list_runs(session, staff)],
        most=MOST_ITEMS,
    )


@router.post("")
def prepare(request: Request, staff: ReplayerDep, form: ReplayerFormDep, sessions: SessionsDep) -> Response:
    """Has a worker find out what would happen to the chosen deliveries; nothing is replayed yet. Raises Refused."""
    with sessions.begin() as session:
        run_id = make_run(session, staff, Choice.read(form))
    if run_id is None:
        raise Refused(Text("There is no delivery like that which could be replayed."))
    _ask_for_turn(request, run_id)
    return redirect(f"{HOME}/{run_id}")


@router.get("/{id}")
def show_run(request: Request, id: RowIdDep, staff: ReplayerDep, session: SessionDep, after: str = "") -> Response:
    """Shows a replay: what would happen to each delivery, or what did. Raises NotFound."""
    run = get_run(session, staff, id)
    rows = list_items(session, staff, id, read_id(after))
    progress = count_progress(session, id)
    return render(
        request,
        "wire/run.html",
        run=run,
        label=RUNS[run.state],
        progress=progress,
        kinds=[(FORETOLD[kind], count) for kind, count in sorted(progress.kinds.items()) if kind in FORETOLD],
        items=[_show(row) for row in rows[:PAGE_SIZE]],
        next_after=rows[PAGE_SIZE - 1].id if len(rows) > PAGE_SIZE else None,
        after=after if read_id(after) is not None else "",
        is_moving=run.state in (RunState.FORETELLING, RunState.RUNNING),
        is_full=progress.items == MOST_ITEMS,
    )


def _show(row: Any) -> dict[str, Any]:
    return {
        "row": row,
        "about": name_resource(row.resource),
        "number": row.document_id or row.resource_id,
        "label": find_label(row.foretold),
        "lines": list(explain(row.foretold)),
        "outcome": REPLAYED.get(row.outcome) if row.outcome else None,
        "state": STATES[row.state],
    }


@router.post("/{id}/start")
def start(request: Request, id: RowIdDep, staff: ReplayerDep, _: ReplayerFormDep, sessions: SessionsDep) -> Response:
    """Has workers put the deliveries back to work, in batches. Raises NotFound."""
    with sessions.begin() as session:
        get_run(session, staff, id)
        is_started = move_run(session, id, RunState.READY, RunState.RUNNING)
        if is_started:
            audit.record(session, staff.doer, "replay_started", f"replay {id}", count=count_progress(session, id).items)
    if is_started:
        _ask_for_turn(request, id)
    return redirect(f"{HOME}/{id}")


@router.post("/{id}/stop")
def stop(id: RowIdDep, staff: ReplayerDep, _: ReplayerFormDep, sessions: SessionsDep) -> Response:
    """Stops a replay: what was put back stays so, the rest is left alone. Raises NotFound."""
    with sessions.begin() as session:
        run = get_run(session, staff, id)
        if run.state != RunState.DONE and move_run(session, id, RunState(run.state), RunState.STOPPED):
            audit.record(session, staff.doer, "replay_stopped", f"replay {id}")
    return redirect(f"{HOME}/{id}")


def _ask_for_turn(request: Request, run_id: int) -> None:
    """Without a broker the sweep of a worker takes it up within a minute."""
    try:
        publish_task(request.app.state.producer, REPLAY_RUN, [run_id])
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("a replay is left to the sweep", run_id=run_id, error=type(error).__name__)
