from datetime import datetime

import pytest
from kombu import Connection
from kombu.exceptions import OperationalError

from shared.clock import ALMATY
from shared.config import Settings
from shared.queue import (
    BROKER_OPTIONS,
    DEAD_LETTER,
    DISPATCH,
    EMPTY_OLD_ROWS,
    ISSUE_RECEIPTS,
    PROCESS_RECORD,
    REPLAY_DEAD_LETTER,
    ROUTES,
    broker_options,
    create_producer,
)
from worker.entry.schedule import build_schedule
from worker.entry.tasks import app
from worker.rounds.timetable import list_rounds


@pytest.mark.parametrize("seconds", [0.5, 5, 60])
def test_beat_ticks_every_round_and_no_tick_ends_by_its_clock(seconds: float) -> None:
    settings = Settings(_env_file=None, dispatch_interval_seconds=seconds)
    schedule = build_schedule(settings)
    assert schedule[DISPATCH] == {"task": DISPATCH, "schedule": seconds}
    assert set(schedule) == {one.name for one in list_rounds(settings)}
    assert not any("options" in entry for entry in schedule.values())


@pytest.mark.parametrize(("hour", "is_in_time"), [(1, False), (2, True), (4, True), (5, False)])
def test_old_rows_are_emptied_at_night_in_almaty(hour: int, is_in_time: bool) -> None:
    (retention,) = [one for one in list_rounds(Settings(_env_file=None)) if one.name == EMPTY_OLD_ROWS]
    assert retention.is_in_time(datetime(2026, 3, 1, hour, 30, tzinfo=ALMATY)) is is_in_time


def test_flower_hears_of_tasks_that_do_something_and_of_no_ticks() -> None:
    rounds = {one.name for one in list_rounds(Settings(_env_file=None))}
    quiet = {name for name in ROUTES if name in app.tasks and not app.tasks[name].send_events}
    assert quiet == rounds
    assert set(ROUTES) <= set(app.tasks)


def test_only_what_is_given_up_goes_to_the_queue_nobody_reads() -> None:
    assert [task for task, route in ROUTES.items() if route["queue"] == DEAD_LETTER] == [REPLAY_DEAD_LETTER]


def test_work_has_queues_of_its_own() -> None:
    assert ROUTES[PROCESS_RECORD]["queue"] != ROUTES[ISSUE_RECEIPTS]["queue"]


def test_the_producer_knows_every_queue_and_never_waits_long() -> None:
    app = create_producer(Settings(_env_file=None))
    assert {queue.name for queue in app.conf.task_queues} == {route["queue"] for route in ROUTES.values()}
    assert app.conf.task_publish_retry is False
    assert BROKER_OPTIONS["socket_timeout"] <= 2
    assert BROKER_OPTIONS["socket_connect_timeout"] <= 2


def test_another_broker_is_one_address() -> None:
    assert create_producer(Settings(_env_file=None, redis_url="redis://r/1")).conf.broker_url == "redis://r/1"
    rabbit = Settings(_env_file=None, redis_url="redis://r/1", broker_url="amqp://u:p@rabbit//")
    assert create_producer(rabbit).conf.broker_url == "amqp://u:p@rabbit//"
    assert "visibility_timeout" not in broker_options(rabbit)


def test_a_broker_that_cannot_be_reached_is_a_lost_connection_to_celery() -> None:
    """Where kombu says so in its own words, in the middle of a start, the worker would end."""
    with Connection("redis://localhost", transport="worker.entry.broker:Transport") as connection:
        assert OperationalError in connection.connection_errors
