"""Every vendor call in the order it came, with secrets masked whenever it is shown."""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SECRET_FIELDS = frozenset({"token", "login", "password"})


@dataclass(slots=True)
class Entry:
    """`outcome` is None while the call is being handled."""

    at: datetime
    path: str
    operation: str
    cashbox: str | None
    body: Mapping[str, Any] | None
    outcome: str | None = None
    overlapped: bool = False
    seconds: float | None = None
    started: float = field(default_factory=time.monotonic)

    def finish(self, outcome: str) -> None:
        self.outcome = outcome
        self.seconds = round(time.monotonic() - self.started, 6)

    def describe(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "path": self.path,
            "operation": self.operation,
            "cashbox": self.cashbox,
            "body": None if self.body is None else mask_secrets(self.body),
            "outcome": self.outcome,
            "overlapped": self.overlapped,
            "seconds": self.seconds,
        }


class Journal:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._counts: Counter[str] = Counter()

    def add(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)
            self._counts[entry.operation] += 1

    def list_entries(self, operation: str | None = None) -> list[Entry]:
        with self._lock:
            return [entry for entry in self._entries if operation in {None, entry.operation}]

    def count_by_operation(self) -> dict[str, int]:
        with self._lock:
            return dict(self._counts)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self._counts.clear()


def mask_secrets(body: Mapping[str, Any]) -> dict[str, Any]:
    """Only the top level carries secrets in this API."""
    return {name: "***" if str(name).lower() in SECRET_FIELDS else value for name, value in body.items()}
