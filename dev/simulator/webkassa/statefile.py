"""The ledger on disk: one JSON line for every fiscal event, replayed at the next start.

Appending keeps a receipt at one small write, whatever the size of the ledger, and a line is out of the
process before its answer leaves: killing the simulator loses nothing that a client was told.
"""

from pathlib import Path
from typing import Any

from dev.simulator.jsontext import dump, parse


class StateFile:
    """Without a path it keeps nothing."""

    def __init__(self, path: Path | None) -> None:
        self._file = None
        if path:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a+b", buffering=0)

    def load(self) -> list[dict[str, Any]]:
        """The events so far; a last line cut by a kill is removed, so that it cannot swallow the next one."""
        if self._file is None:
            return []
        self._file.seek(0)
        *lines, cut = self._file.readall().split(b"\n")
        self._file.truncate(self._file.tell() - len(cut))
        return [parse(line) for line in lines]

    def append(self, event: dict[str, Any]) -> None:
        if self._file:
            self._file.write(dump(event) + b"\n")

    def clear(self) -> None:
        if self._file:
            self._file.truncate(0)

    def close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None
