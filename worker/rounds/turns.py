"""Says whose turn a round is: each is begun once in its time, by the database's clock, whoever asks for it and how often."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Boolean, Interval, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError

from shared.logging import get_logger
from shared.storage.db import SessionFactory, open_alone
from shared.storage.models import Round as Row
from worker.rounds.timetable import Round

log = get_logger(__name__)

_is_time = Row.began_at <= func.now() - bindparam("gap", type_=Interval)
_by_beat = bindparam("by_beat", type_=Boolean)
_insert = insert(Row).values(name=bindparam("round"), began_at=func.now(), ticked_at=case((_by_beat, func.now())))
_TAKE = _insert.on_conflict_do_update(
    index_elements=[Row.name],
    set_={
        "began_at": case((_is_time, func.now()), else_=Row.began_at),
        "ticked_at": func.coalesce(_insert.excluded.ticked_at, Row.ticked_at),
    },
).returning(func.now(), Row.began_at == func.now())
_BEGUN = insert(Row).values(began_at=func.now()).on_conflict_do_nothing()
_AGES = select(Row.name, func.now(), func.extract("epoch", func.now() - Row.began_at))


def take_turn(sessions: SessionFactory, round_: Round, *, by_beat: bool) -> bool:
    """Says whether the caller has to do the round now. Without a database it has: the round deals with that itself.

    Ticks that piled up, and those of a second beat, come sooner than half its time after the last one.
    """
    values = {"round": round_.name, "by_beat": by_beat, "gap": timedelta(seconds=round_.seconds / 2)}
    try:
        with open_alone(sessions) as connection:
            now, is_mine = connection.execute(_TAKE, values).one()
    except SQLAlchemyError as error:
        log.warning("turn not known", round=round_.name, error=type(error).__name__)
        return True
    return bool(is_mine) and round_.is_in_time(now)


def begin_to_count(sessions: SessionFactory, rounds: Sequence[Round]) -> None:
    """Lets rounds that were never begun count from now: a first start has nothing to catch up on. Raises SQLAlchemyError."""
    with open_alone(sessions) as connection:
        connection.execute(_BEGUN, [{"name": round_.name} for round_ in rounds])


def find_overdue(sessions: SessionFactory, rounds: Sequence[Round], *, alone: bool) -> list[str]:
    """Returns the names of rounds that are late; `alone`: of those whose time has come. Raises SQLAlchemyError."""
    with open_alone(sessions) as connection:
        ages = {name: (now, float(age)) for name, now, age in connection.execute(_AGES)}
    overdue = []
    for round_ in rounds:
        now, age = ages.get(round_.name, (None, 0.0))
        limit = round_.seconds if alone else round_.late_seconds
        if now is not None and age >= limit and round_.is_in_time(now):
            overdue.append(round_.name)
    return overdue
