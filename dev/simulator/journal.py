"""Every call of the vendor's API in the order it came. What is told of it holds no secrets."""

import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from dev.simulator.wire import Ending


@dataclass(slots=True)
class Entry:
    """`outcome` is None while the call is being handled."""

    operation: str
    told: dict[str, Any]
    outcome: str | None = None
    seconds: float | None = None
    started: float = field(default_factory=time.monotonic)

    def finish(self, ending: Ending) -> None:
        self.told["status"] = ending.reply.status if ending.wire == "send" else None
        self.seconds = round(time.monotonic() - self.started, 6)
        self.outcome = ending.outcome

    def describe(self) -> dict[str, Any]:
        return {"operation": self.operation, **self.told, "outcome": self.outcome, "seconds": self.seconds}


class Journal:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []

    def add(self, entry: Entry) -> None:
        with self._lock:
            self._entries.append(entry)

    def list_entries(self, operation: str | None = None) -> list[Entry]:
        with self._lock:
            return [entry for entry in self._entries if operation in {None, entry.operation}]

    def count(self, name: str) -> dict[str, int]:
        """How many there are of each `operation` or `outcome`."""
        return dict(Counter(str(getattr(entry, name)) for entry in self.list_entries()))

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
