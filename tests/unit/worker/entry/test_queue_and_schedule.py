import pytest

from shared.config import Settings
from shared.queue import (
    BROKER_OPTIONS,
    DEAD_LETTER,
    DISPATCH,
    ISSUE_RECEIPTS,
    PROCESS_RECORD,
    REPLAY_DEAD_LETTER,
    ROUTES,
    broker_options,
    create_producer,
)
from worker.entry.schedule import build_schedule


@pytest.mark.parametrize("seconds", [0.5, 5, 60])
def test_a_late_tick_is_dropped_but_not_before_the_next(seconds: float) -> None:
    entry = build_schedule(Settings(_env_file=None, dispatch_interval_seconds=seconds))["dispatch"]
    assert (entry["task"], entry["schedule"]) == (DISPATCH, seconds)
    assert entry["options"]["expires"] >= 2 * seconds


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
