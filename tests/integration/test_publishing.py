"""Messages that are written without Celery's help are what Celery itself would have written."""

import base64
import json
from typing import Any

import pytest

from shared.queue import PROCESS_RECORD, RECORDS, publish_batch
from tests.support.bridge import Bridge

OWN = {"id", "root_id", "correlation_id", "delivery_tag", "reply_to", "origin"}


def flatten(message: dict[str, Any]) -> dict[str, Any]:
    """Without what every message and every sender has of its own."""
    entries = {**message, **message["headers"], **message["properties"]}
    entries["body"] = json.loads(base64.b64decode(message["body"]))
    return {name: value for name, value in entries.items() if name not in OWN | {"headers", "properties"}}


@pytest.mark.parametrize("request_id", [None, "abc-1"])
def test_a_message_is_what_celery_would_have_sent(bridge: Bridge, request_id: str | None) -> None:
    producer = bridge.services.producer
    headers = {"request_id": request_id} if request_id else None
    producer.send_task(PROCESS_RECORD, args=[17], headers=headers, retry=False)
    publish_batch(producer, [(17, request_id)])
    ours, theirs = bridge.messages(RECORDS)
    assert flatten(ours) == flatten(theirs)
    assert ours["headers"]["id"] == ours["headers"]["root_id"] == ours["properties"]["correlation_id"]


def test_a_batch_keeps_its_order_and_gives_each_message_a_number(bridge: Bridge) -> None:
    publish_batch(bridge.services.producer, [(number, f"request-{number}") for number in range(1, 101)])
    messages = bridge.messages(RECORDS)[::-1]
    assert [message["headers"]["argsrepr"] for message in messages] == [f"[{number}]" for number in range(1, 101)]
    assert [message["headers"]["request_id"] for message in messages[:2]] == ["request-1", "request-2"]
    assert len({message["properties"]["delivery_tag"] for message in messages}) == 100


def test_an_empty_batch_sends_nothing(bridge: Bridge) -> None:
    publish_batch(bridge.services.producer, [])
    assert bridge.messages(RECORDS) == []
