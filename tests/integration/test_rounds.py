"""Rounds go by the database's clock: once in their time, whoever asks and how often, and by somebody else than beat too."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.queue import DISPATCH, MAINTENANCE, WATCH
from tests.support.bridge import Bridge
from worker.entry.beat import MOST_TICKS, Scheduler
from worker.rounds.timetable import Round
from worker.rounds.turns import begin_to_count, find_overdue, take_turn

ROUND = Round("worker.tasks.dispatch", 60.0)


def let_pass(bridge: Bridge, seconds: float) -> None:
    bridge.execute("UPDATE rounds SET began_at = began_at - make_interval(secs => :seconds)", seconds=seconds)


def test_ticks_that_piled_up_do_it_once(bridge: Bridge) -> None:
    sessions = bridge.services.sessions
    assert [take_turn(sessions, ROUND, by_beat=True) for _ in range(5)] == [True] + [False] * 4
    let_pass(bridge, 31)  # a tick may come a little early
    assert [take_turn(sessions, ROUND, by_beat=True) for _ in range(5)] == [True] + [False] * 4


def test_two_beats_at_once_do_it_once(bridge: Bridge) -> None:
    together, mine = threading.Barrier(4), []

    def tick() -> None:
        together.wait()
        mine.append(take_turn(bridge.services.sessions, ROUND, by_beat=True))

    threads = [threading.Thread(target=tick) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(mine) == [False] * 3 + [True]


def test_a_round_nobody_asked_for_is_overdue(bridge: Bridge) -> None:
    sessions = bridge.services.sessions
    assert find_overdue(sessions, [ROUND], alone=True) == []  # a first start has nothing to catch up on
    begin_to_count(sessions, [ROUND])
    let_pass(bridge, 61)
    assert find_overdue(sessions, [ROUND], alone=False) == []
    assert find_overdue(sessions, [ROUND], alone=True) == [ROUND.name]
    let_pass(bridge, 60)
    assert find_overdue(sessions, [ROUND], alone=False) == [ROUND.name]
    assert take_turn(sessions, ROUND, by_beat=False)
    assert find_overdue(sessions, [ROUND], alone=True) == []
    assert bridge.scalar("SELECT ticked_at FROM rounds") is None


def test_outside_its_hours_it_is_nobodys_turn(bridge: Bridge) -> None:
    sessions = bridge.services.sessions
    never = Round(WATCH, 60.0, range(0))
    begin_to_count(sessions, [never])
    let_pass(bridge, 3600)
    assert find_overdue(sessions, [never], alone=True) == []
    assert not take_turn(sessions, never, by_beat=True)


class TestBeat:
    @pytest.fixture
    def scheduler(self, bridge: Bridge, tmp_path: Path) -> Iterator[Scheduler]:
        app = bridge.services.producer
        app.conf.beat_schedule = {DISPATCH: {"task": DISPATCH, "schedule": 5.0}}
        scheduler = Scheduler(app=app, schedule_filename=str(tmp_path / "schedule"))
        yield scheduler
        scheduler.close()

    def test_sends_no_more_ticks_than_anybody_does(self, bridge: Bridge, scheduler: Scheduler) -> None:
        for _ in range(MOST_TICKS + 20):
            scheduler.apply_async(scheduler.schedule[DISPATCH], advance=False)
        assert len(bridge.messages(MAINTENANCE)) == MOST_TICKS
        bridge.services.redis.delete(MAINTENANCE)
        scheduler.apply_async(scheduler.schedule[DISPATCH], advance=False)
        (message,) = bridge.messages(MAINTENANCE)
        assert message["headers"]["expires"] is None
