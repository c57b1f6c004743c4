"""Webhooks on their way: each is tried as Altegio does it, several at a time."""

import threading
import time
from collections import Counter
from collections.abc import Callable

from dev.simulator.altegio.bodies import Envelope
from dev.simulator.altegio.sender import Outcome, Sender


class Postman:
    """Any number of threads may send. `answers` counts the last answer to each."""

    def __init__(self, url: str, pause: Callable[[float], None] = time.sleep) -> None:
        self.answers: Counter[str] = Counter()
        self._url, self._pause = url, pause
        self._own = threading.local()
        self._lock = threading.Lock()

    def send(self, envelope: Envelope) -> Outcome:
        if not hasattr(self._own, "sender"):
            self._own.sender = Sender(self._url, self._pause)
        outcome: Outcome = self._own.sender.send(envelope)
        with self._lock:
            self.answers[str(outcome.status or "no answer")] += 1
        return outcome


def find_number(envelope: Envelope) -> str | None:
    """The receipt a webhook is about; None for what is about none."""
    data, resource = envelope["data"], envelope["resource"]
    if resource == "record":
        return f"altegio_{envelope['resource_id']}"
    if resource not in {"finances_operation", "goods_operations_sale"}:
        return None
    if data["record_id"]:
        return f"altegio_{data['record_id']}"
    return f"altegio_goods_{data['document_id']}" if data["document_id"] else None


def describe(envelope: Envelope) -> str:
    return f"{envelope['resource']} {envelope['resource_id']} {envelope['status']}"
