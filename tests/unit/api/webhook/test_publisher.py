"""Messages of many webhooks leave together, and a lost broker costs the publisher nothing but a rest."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from kombu.exceptions import OperationalError

from api.webhook.store import publisher as module
from api.webhook.store.publisher import MAX_BATCH, Publisher

Batch = list[tuple[int, str | None]]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Batch]:
    batches: list[Batch] = []

    def publish(_: Any, rows: Sequence[tuple[int, str | None]]) -> int:
        batches.append(list(rows))
        return len(rows)

    monkeypatch.setattr(module, "publish_batch", publish)
    return batches


def run(publisher: Publisher) -> None:
    publisher.start()
    publisher.stop()


def test_what_gathered_leaves_together_and_in_order(sent: list[Batch]) -> None:
    publisher = Publisher(object())  # type: ignore[arg-type]
    for number in range(1, MAX_BATCH + 11):
        publisher.publish([(number, f"request-{number}")])
    run(publisher)
    assert [len(batch) for batch in sent] == [MAX_BATCH, 10]
    assert [row_id for batch in sent for row_id, _ in batch] == list(range(1, MAX_BATCH + 11))
    assert sent[0][0] == (1, "request-1")


def test_what_comes_later_is_sent_later(sent: list[Batch]) -> None:
    publisher = Publisher(object())  # type: ignore[arg-type]
    publisher.start()
    publisher.publish([(1, "first"), (2, "first")])
    publisher.publish([(3, "second")])
    publisher.stop()
    assert [row for batch in sent for row in batch] == [(1, "first"), (2, "first"), (3, "second")]


def test_while_the_broker_is_away_nothing_is_tried_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    tries, tried = [], threading.Event()

    def fail(_: Any, rows: Sequence[tuple[int, str]]) -> None:
        tries.append(list(rows))
        tried.set()
        raise OperationalError("gone")

    monkeypatch.setattr(module, "publish_batch", fail)
    publisher = Publisher(object())  # type: ignore[arg-type]
    publisher.start()
    publisher.publish([(1, "a")])
    assert tried.wait(10)
    publisher.publish([(2, "b")])
    publisher.stop()
    assert tries == [[(1, "a")]]
