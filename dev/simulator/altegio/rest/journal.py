"""Every call in the order it came. Tokens are never kept, and of a hook's address only the host: its path is a secret."""

import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit


@dataclass(slots=True)
class Entry:
    """`outcome` is None while the call is being handled."""

    at: datetime
    method: str
    path: str
    query: Mapping[str, str]
    operation: str
    location: int | None
    body: Mapping[str, Any] | None = None
    status: int | None = None
    outcome: str | None = None
    seconds: float | None = None
    started: float = field(default_factory=time.monotonic)

    def finish(self, outcome: str, status: int | None) -> None:
        self.outcome, self.status = outcome, status
        self.seconds = round(time.monotonic() - self.started, 6)

    def describe(self) -> dict[str, Any]:
        return {
            "at": self.at.isoformat(),
            "method": self.method,
            "path": self.path,
            "query": dict(self.query),
            "operation": self.operation,
            "location": self.location,
            "body": None if self.body is None else mask_addresses(self.body),
            "status": self.status,
            "outcome": self.outcome,
            "seconds": self.seconds,
        }


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

    def count(self) -> dict[str, dict[str, int]]:
        with self._lock:
            return {
                "by_operation": dict(Counter(entry.operation for entry in self._entries)),
                "by_outcome": dict(Counter(str(entry.outcome) for entry in self._entries)),
            }

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()


def mask_addresses(body: Mapping[str, Any]) -> dict[str, Any]:
    urls = body.get("urls")
    shown = [f"{urlsplit(str(url)).hostname}/***" for url in urls] if isinstance(urls, list) else urls
    return {**body, **({"urls": shown} if "urls" in body else {})}
