"""Writes a log line for every stored webhook, those of a batch with one write."""

import asyncio
from typing import Any

from shared.logging import write_lines


class Journal:
    """Gathers lines, and writes them when the loop has done what it is about to do. Belongs to one event loop."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._events: list[dict[str, Any]] = []

    def note(self, event: str, **values: Any) -> None:
        """Adds a line at INFO."""
        self._events.append({**values, "event": event})
        if len(self._events) == 1:
            asyncio.get_running_loop().call_soon(self._write)

    def _write(self) -> None:
        events, self._events = self._events, []
        write_lines(self._name, events)
