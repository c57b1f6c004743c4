"""A simulator as a process, and what every simulator's control API offers."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dev.demo.children import base_environment
from dev.demo.web import call
from dev.harness.child import Child

Row = dict[str, Any]


class Control:
    def __init__(self, name: str, command: Sequence[str], port: int, folder: Path) -> None:
        self.port, self.host = port, f"127.0.0.1:{port}"
        self.url = f"http://{self.host}"
        self.process = Child(name, command, base_environment(), folder, lambda said: "simulator on" in said)

    def journal(self, operation: str | None = None) -> list[Row]:
        """Every call received, secrets masked, oldest first; `outcome` is None while it is at work."""
        return list(self._call("GET", "journal", params={"operation": operation} if operation else None))

    def state(self) -> Row:
        return dict(self._call("GET", "state"))

    def fault(self, **order: Any) -> int:
        """As in `fault(operation="check", kind="drop", when="after", times=1)`; returns its id."""
        return int(self._call("POST", "faults", json=order)["id"])

    def clear_faults(self) -> None:
        """A call that one of them holds goes on."""
        self._call("DELETE", "faults")

    def settings(self, **changes: Any) -> Row:
        return dict(self._call("POST", "settings", json=changes))

    def reset(self) -> None:
        """As newly started, with nothing remembered."""
        self._call("POST", "reset")

    def _call(self, method: str, path: str, **options: Any) -> Any:
        return call(method, f"{self.url}/_sim/{path}", **options)
