"""What the demo remembers between starts, all of it under one folder: secrets, ports, databases, the lock."""

import fcntl
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dev.demo.servers import recall

CASHBOX = "SWK00000001"
LOGIN = "demo-cashier@example.com"


class AlreadyRunning(Exception):
    """Another demo works in this folder."""


@dataclass(frozen=True)
class Secrets:
    """Made on first use. Worth nothing outside this machine, and still never shown."""

    application_key: str
    webhook: str
    webkassa_api_key: str
    webkassa_password: str
    flower_password: str

    @classmethod
    def recall(cls, folder: Path) -> "Secrets":
        def keep(name: str) -> str:
            return recall(folder / name, lambda: secrets.token_urlsafe(32))

        names = ("secret-key", "webhook-secret", "webkassa-api-key", "webkassa-password", "flower-password")
        return cls(*map(keep, names))


class StateFolder:
    """`.demo/`, held by one demo at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None
        path.mkdir(parents=True, exist_ok=True)

    def acquire(self) -> None:
        """Raises AlreadyRunning with what the holder left about itself. The kernel drops the lock of a killed holder."""
        lock = (self.path / "lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            raise AlreadyRunning(self._describe_holder()) from None
        self._lock = lock
        self.note_holder("")

    def note_holder(self, address: str) -> None:
        (self.path / "holder.json").write_text(json.dumps({"pid": os.getpid(), "address": address}), "utf-8")

    def _describe_holder(self) -> str:
        try:
            holder = json.loads((self.path / "holder.json").read_text("utf-8"))
            pid, where = holder["pid"], f" at {holder['address']}" if holder["address"] else " (starting)"
        except (OSError, ValueError, KeyError):
            return f"a demo is already running in {self.path}"
        return f"a demo is already running{where}. End it with Ctrl-C in its terminal, or: kill {pid}"
