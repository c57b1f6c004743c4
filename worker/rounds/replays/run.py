"""Carries a replay of chosen deliveries on: foretells each, and once a person has started it puts each back to work.

A turn is bounded and then asks for the next by a message; a run that was left behind is taken up by the sweep. Twice done
is as good as once: a delivery goes the way of a first try, under the same external number.
"""

import time
from collections.abc import Sequence
from datetime import timedelta

from kombu.exceptions import OperationalError as BrokerDown
from redis.exceptions import RedisError
from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.orm import Session

from shared.logging import get_logger
from shared.queue import REPLAY_RUN, publish_task
from shared.replay import replay
from shared.storage.models import ReplayItem, ReplayRun, StaffUser
from shared.storage.models.wire.replay_run import RunState
from worker.rounds.replays.foretell import foretell
from worker.services import Services

log = get_logger(__name__)

TURN_SECONDS = 20.0
# A turn writes after each delivery, which takes no longer than this.
LEFT_AFTER = timedelta(seconds=60)
REASON = "the wire"
_ALIVE = (RunState.FORETELLING, RunState.RUNNING)


def go_on(services: Services, run_id: int) -> None:
    """Does a turn of the run, unless somebody else is at it, or it waits for a person, or has ended."""
    state = _take(services, run_id)
    if state is None:
        return
    deadline = time.monotonic() + TURN_SECONDS
    is_left = True
    while is_left and time.monotonic() < deadline:
        is_left = _foretell_next(services, run_id) if state == RunState.FORETELLING else _replay_next(services, run_id)
    _give_back(services, run_id, state)
    if is_left:
        _ask_for(services, [run_id])


def take_up_runs(services: Services) -> None:
    """Asks for a turn of each run that was left behind."""
    with services.sessions() as session:
        left = session.scalars(select(ReplayRun.id).where(ReplayRun.state.in_(_ALIVE), _is_free())).all()
    _ask_for(services, left)


def _ask_for(services: Services, ids: Sequence[int]) -> None:
    try:
        for run_id in ids:
            publish_task(services.producer, REPLAY_RUN, [run_id])
    except (BrokerDown, RedisError, OSError) as error:
        log.warning("a replay is left to the sweep", error=type(error).__name__)


def _is_free() -> ColumnElement[bool]:
    return or_(ReplayRun.moved_at.is_(None), ReplayRun.moved_at < func.now() - LEFT_AFTER)


def _take(services: Services, run_id: int) -> str | None:
    mine = update(ReplayRun).where(ReplayRun.id == run_id, ReplayRun.state.in_(_ALIVE), _is_free())
    with services.sessions.begin() as session:
        return session.scalar(mine.values(moved_at=func.now()).returning(ReplayRun.state))


def _give_back(services: Services, run_id: int, state: str) -> None:
    """Not where a person has moved it on: somebody else may be at it already."""
    taken = update(ReplayRun).where(ReplayRun.id == run_id, ReplayRun.state == state)
    with services.sessions.begin() as session:
        session.execute(taken.values(moved_at=None))


def _foretell_next(services: Services, run_id: int) -> bool:
    """False when each was foretold."""
    unseen = select(ReplayItem.id, ReplayItem.webhook_record_id).where(
        ReplayItem.run_id == run_id, ReplayItem.foretold.is_(None)
    )
    with services.sessions() as session:
        item = session.execute(unseen.order_by(ReplayItem.id).limit(1)).first()
    if item is None:
        _end(services, run_id, RunState.FORETELLING, RunState.READY)
        return False
    told = foretell(services, item.webhook_record_id)
    with services.sessions.begin() as session:
        session.execute(update(ReplayItem).where(ReplayItem.id == item.id).values(foretold=told))
        return _stays(session, run_id, RunState.FORETELLING)


def _replay_next(services: Services, run_id: int) -> bool:
    """False when each was put back, or somebody stopped it."""
    left = (
        select(ReplayItem.id, ReplayItem.webhook_record_id, StaffUser.login)
        .join(ReplayRun, ReplayRun.id == ReplayItem.run_id)
        .join(StaffUser, StaffUser.id == ReplayRun.staff_user_id)
        .where(ReplayItem.run_id == run_id, ReplayItem.outcome.is_(None), ReplayRun.state == RunState.RUNNING)
    )
    with services.sessions() as session:
        item = session.execute(left.order_by(ReplayItem.id).limit(1)).first()
    if item is None:
        _end(services, run_id, RunState.RUNNING, RunState.DONE)
        return False
    result = replay(
        services.sessions,
        services.producer,
        services.redis,
        item.webhook_record_id,
        actor=f"staff:{item.login}",
        reason=REASON,
    )
    with services.sessions.begin() as session:
        ended = {"outcome": result.outcome.name.lower(), "ended_at": func.now()}
        session.execute(update(ReplayItem).where(ReplayItem.id == item.id).values(**ended))
        return _stays(session, run_id, RunState.RUNNING)


def _stays(session: Session, run_id: int, state: RunState) -> bool:
    """Says that somebody is still at it; False where a person stopped it meanwhile."""
    moved = update(ReplayRun).where(ReplayRun.id == run_id, ReplayRun.state == state).values(moved_at=func.now())
    return session.scalar(moved.returning(ReplayRun.id)) is not None


def _end(services: Services, run_id: int, state: RunState, then: RunState) -> None:
    values = {"state": then, "moved_at": None} | ({"ended_at": func.now()} if then is RunState.DONE else {})
    with services.sessions.begin() as session:
        session.execute(update(ReplayRun).where(ReplayRun.id == run_id, ReplayRun.state == state).values(**values))
