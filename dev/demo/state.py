"""What the demo remembers between starts, all of it under one folder: secrets, ports, databases, the lock."""

import fcntl
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

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


def is_held(folder: Path) -> bool:
    """Says whether a demo works in a folder just now."""
    if not (folder / "lock").exists():
        return False
    with (folder / "lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return True
    return False


class StateFolder:
    """`.demo/`, held by one demo at a time."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        self._lock = (path / "lock").open("a+", encoding="utf-8")

    def acquire(self) -> None:
        """Raises AlreadyRunning with what the holder left about itself. The kernel drops the lock of a killed holder."""
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.seek(0)
            raise AlreadyRunning(f"a demo is already running {self._lock.read()}") from None
        self.note_holder("(starting)")

    def note_holder(self, where: str) -> None:
        """For whoever finds the lock taken."""
        self._lock.truncate(0)
        self._lock.write(f"{where}. End it with Ctrl-C in its terminal, or: kill {os.getpid()}")
        self._lock.flush()
