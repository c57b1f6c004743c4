"""Somebody inside Redis: he may slow work down, and neither stop it nor make a receipt that nobody is owed.

What he plants there (tokens, pauses, probes) is in tests/unit/worker/webkassa, messages that he takes away in
tests/integration/test_signs_of_life.py.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from celery import Celery
from celery.app.control import Control

from dev.harness.simulator import SimulatorControl
from shared.queue import DISPATCH, ROUTES
from tests.support.payloads import visit
from tests.support.stack import Stack
from worker.entry.remote import ALLOWED

# All of Celery 5.7 that act, with what they would need.
ACTING: dict[str, dict[str, Any]] = {
    "shutdown": {},
    "cancel_consumer": {"queue": "records"},
    "add_consumer": {"queue": "dead_letter"},
    "pool_shrink": {"n": 8},
    "pool_grow": {"n": 500},
    "pool_restart": {"modules": ["os"], "reload": True},
    "autoscale": {"max": 0, "min": 0},
    "rate_limit": {"task_name": "worker.tasks.process_record", "rate_limit": "1/h"},
    "time_limit": {"task_name": "worker.tasks.process_record", "hard": 1, "soft": 1},
    "revoke": {"task_id": "1", "terminate": True, "signal": "SIGKILL"},
    "revoke_by_stamped_headers": {"headers": {"a": "b"}},
    "terminate": {"task_id": "1", "signal": "SIGKILL"},
    "election": {"id": "1", "topic": "task", "action": {"task": "worker.tasks.replay_dead_letters"}},
    "hello": {"from_node": "worker@elsewhere", "revoked": {"1": 1}},
    "conf": {"with_defaults": True},
    "report": {},
    "memdump": {},
    "memsample": {},
    "objgraph": {},
}


_PROPERTIES = {"delivery_tag": "t", "delivery_info": {}}
# More than a worker has places for, each of its own kind.
NO_MESSAGES = [
    "not json",
    b"\xff\xfe",
    *map(
        json.dumps,
        [
            None,
            7,
            [],
            "text",
            {},
            {"properties": None},
            {"properties": {}},
            {"properties": {"delivery_tag": ["t"]}},
            {"properties": {**_PROPERTIES, "body_encoding": "base64"}, "body": "*"},
            {"properties": _PROPERTIES, "headers": {"task": ["list"]}},
            {"properties": _PROPERTIES, "headers": {"task": DISPATCH}},
            *(
                {
                    "properties": {**_PROPERTIES, "delivery_tag": f"t{n}"},
                    "headers": {"task": DISPATCH, "id": 7},
                }
                for n in range(20)
            ),
            {
                "properties": _PROPERTIES,
                "headers": {"task": DISPATCH, "id": "1", "eta": "never"},
                "body": "[]",
            },
        ],
    ),
]


@pytest.fixture
def intruder(service: Stack) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(service.environment["REDIS_URL"]) as client:
        yield client


@pytest.fixture
def control(service: Stack) -> Iterator[Control]:
    app = Celery("intruder", broker=service.environment["REDIS_URL"], set_as_current=False)
    try:
        yield app.control
    finally:
        app.close()


def issue_one(service: Stack, record_id: int) -> None:
    service.post(visit(record_id))
    service.wait_for_state(record_id, "processed")


def test_no_command_of_remote_control_acts_on_a_worker(service: Stack, control: Control) -> None:
    issue_one(service, 8301)
    for command, arguments in ACTING.items():
        assert command not in ALLOWED
        answers = control.broadcast(command, arguments=arguments, reply=True, timeout=0.5, limit=1)
        assert all(list(told) == ["error"] for answer in answers or [] for told in answer.values()), command
    issue_one(service, 8302)
    assert service.children["worker"].running
    (queues,) = control.inspect(timeout=5.0, limit=1).active_queues().values()
    assert {queue["name"] for queue in queues} == {"records", "receipts", "maintenance"}


def test_what_only_looks_is_answered(service: Stack, control: Control) -> None:
    """`celery -A worker inspect ping` and Flower."""
    inspect = control.inspect(timeout=5.0, limit=1)
    for look in (inspect.ping, inspect.stats, inspect.active, inspect.registered, inspect.reserved, inspect.scheduled):
        assert look(), look


def test_messages_of_his_make_no_receipt(service: Stack, intruder: redis.Redis, simulator_process: SimulatorControl) -> None:
    """Of every task, with numbers that are somebody's, nobody's and none."""
    issue_one(service, 8311)
    known = len(simulator_process.receipts())
    for name in ROUTES:
        for arguments in ([1], [10**12], [-1], ["1"], [], [{"id": 1}], [None, False]):
            queue = "receipts" if ROUTES[name]["queue"] == "dead_letter" else ROUTES[name]["queue"]
            intruder.lpush(queue, make_message(name, arguments, queue))
    for queue in ("records", "receipts", "maintenance"):
        intruder.lpush(queue, *NO_MESSAGES, make_message("os.system", ["id"], queue))
    service.wait_for(
        lambda: not any(intruder.llen(queue) for queue in ("records", "receipts", "maintenance")), what="all to be taken"
    )
    issue_one(service, 8312)
    assert len(simulator_process.receipts()) == known + 1
    assert service.children["worker"].running


def test_queues_and_bindings_that_he_empties_lose_nothing(service: Stack, intruder: redis.Redis) -> None:
    for record_id in range(8321, 8325):
        service.post(visit(record_id))
        intruder.flushdb()
    for record_id in range(8321, 8325):
        service.wait_for_state(record_id, "processed", timeout=90)


def test_a_queue_that_he_makes_something_else_is_done_without(service: Stack, intruder: redis.Redis) -> None:
    intruder.delete("records")
    intruder.set("records", "no list")
    try:
        service.post(visit(8331))
        service.wait_for_state(8331, "processed", timeout=90)
    finally:
        intruder.delete("records")


def make_message(task: str, arguments: list[Any], queue: str) -> str:
    body = json.dumps([arguments, {}, {"callbacks": None, "errbacks": None, "chain": None, "chord": None}])
    properties = {
        "delivery_tag": "planted",
        "delivery_info": {"exchange": "", "routing_key": queue},
        "correlation_id": "planted",
    }
    headers = {"task": task, "id": "planted", "root_id": "planted", "lang": "py", "argsrepr": "", "kwargsrepr": ""}
    content = {"body": body, "content-type": "application/json", "content-encoding": "utf-8"}
    return json.dumps({**content, "headers": headers, "properties": properties})
