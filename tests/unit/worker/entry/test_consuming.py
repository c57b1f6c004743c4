"""Whether a worker takes messages is felt in the loop that reads them."""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from worker.entry import consuming
from worker.entry.consuming import SILENT_SECONDS, Consuming, pulse

QUEUES = ("records", "receipts", "maintenance")


class Parent:
    """What Celery hands to a step: a timer, and a consumer of some queues."""

    def __init__(self) -> None:
        self.app = SimpleNamespace(amqp=SimpleNamespace(queues=SimpleNamespace(consume_from=dict.fromkeys(QUEUES))))
        self.read = set(QUEUES)
        self.task_consumer: Any = SimpleNamespace(consuming_from=lambda queue: queue in self.read)
        self.ticks: list[Callable[[], None]] = []
        self.timer = self

    def call_repeatedly(self, _seconds: float, function: Callable[..., None], arguments: tuple[Any, ...]) -> Any:
        tick = lambda: function(*arguments)  # noqa: E731 -- compared by identity below
        self.ticks.append(tick)
        return SimpleNamespace(cancel=lambda: self.ticks.remove(tick))

    def go_round(self) -> None:
        for tick in self.ticks:
            tick()


@pytest.fixture
def parent() -> Iterator[Parent]:
    yield Parent()
    pulse.stop()


@pytest.fixture
def step(parent: Parent) -> Consuming:
    step = Consuming(parent)
    step.start(parent)
    return step


def test_a_worker_that_was_just_connected_takes_messages(step: Consuming) -> None:
    assert pulse.is_felt()


def test_a_worker_that_left_one_of_its_queues_does_not(parent: Parent, step: Consuming) -> None:
    """As `cancel_consumer` would have it."""
    parent.read.discard("receipts")
    parent.go_round()
    assert not pulse.is_felt()
    parent.read.add("receipts")
    parent.go_round()
    assert pulse.is_felt()


def test_a_loop_that_hangs_does_not(step: Consuming, monkeypatch: pytest.MonkeyPatch) -> None:
    hung_for = consuming.time.monotonic() + SILENT_SECONDS
    monkeypatch.setattr(consuming.time, "monotonic", lambda: hung_for)
    assert not pulse.is_felt()


def test_a_worker_whose_connection_is_lost_does_not_until_the_next(parent: Parent, step: Consuming) -> None:
    step.stop(parent)
    parent.go_round()
    assert (pulse.is_felt(), parent.ticks) == (False, [])
    step.start(parent)
    assert pulse.is_felt()
    parent.task_consumer = None
    parent.go_round()
    assert not pulse.is_felt()
