"""What PostgreSQL and Redis have in common when this project runs them itself: one folder, one port, one process."""

import contextlib
import os
import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from dev.demo import processes
from dev.demo.processes import Account
from dev.demo.waiting import WaitTimeout, find_free_port, is_port_free, tail_of, wait_until

START_SECONDS = 30.0
_START_TRIES = 3


class ServerFailed(Exception):
    """A server did not start; the message ends with what it said."""


class Server(processes.Child, ABC):
    """A real server on 127.0.0.1. Everything it remembers lies in `folder`, so a second start finds it again."""

    name: str

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # Where it works, which is not below the folder when its account cannot go there.
        self.home = folder
        self.log = folder / "server.log"
        self.account: Account = {}
        self.port = 0
        self.password = ""

    @property
    @abstractmethod
    def url(self) -> str:
        """The address in the form the service's settings take, password included: never print it."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether a client can work with it right now."""

    @abstractmethod
    def prepare(self) -> None:
        """Makes what must exist before the program starts. Runs before every start."""

    @abstractmethod
    def command(self) -> Sequence[str]: ...

    @abstractmethod
    def marker(self) -> str:
        """A part of the command line that only this server of this folder has."""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Returns once the server answers; does nothing when it already runs."""
        if self.running:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.password = recall(self.folder / "password", lambda: secrets.token_urlsafe(24))
        self._end_predecessor()
        self._settle_port()
        self.prepare()
        for _ in range(_START_TRIES):
            if self._try_start():
                return
        raise ServerFailed(f"{self.name} did not start. It said:\n{tail_of(self.log)}")

    def stop(self, patience: float = 10.0) -> None:
        super().stop(patience)
        (self.folder / "pid").unlink(missing_ok=True)

    def tail(self) -> str:
        """The last lines it wrote."""
        return tail_of(self.log, 25)

    def _try_start(self) -> bool:
        """False when the program ended at once: what remains of a killed predecessor may need a moment to go."""
        with self.log.open("ab") as output:
            self.process = processes.spawn(
                self.command(),
                env=minimal_environment(),
                cwd=self.home,
                output=output,
                account=self.account,
                death_signal=self.stop_signal,
            )
        (self.folder / "pid").write_text(str(self.process.pid))
        try:
            what = f"{self.name} to answer"
            wait_until(lambda: not self.running or self.answers(), timeout=START_SECONDS, what=what)
        except WaitTimeout as error:
            self.kill()
            raise ServerFailed(f"{error}. It said:\n{tail_of(self.log)}") from None
        return self.running

    def _end_predecessor(self) -> None:
        """A server of a supervisor that was killed is ended, never taken over: its settings may be old."""
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.folder / "pid").read_text())
            processes.end_leftover(pid, self.marker(), self.stop_signal)

    def _settle_port(self) -> None:
        """The port stays the same as long as it can: addresses that were printed or configured keep working."""
        if self.port:
            wait_until(lambda: is_port_free(self.port), timeout=START_SECONDS, what=f"port {self.port} to be free")
            return
        self.port = recall_port(self.folder / "port")


def recall(path: Path, make: Callable[[], str]) -> str:
    """The secret kept in `path`; made and written on first use, readable by its owner only."""
    known = read_lines(path)
    if known:
        return known[0]
    value = make()
    write_private(path, value + "\n")
    return value


def recall_port(memory: Path, *preferred: int) -> int:
    """The port of last time if it is free, else one of the preferred, else any."""
    remembered = [int(line) for line in read_lines(memory) if line.isdigit()]
    port = find_free_port(*remembered, *preferred)
    memory.write_text(f"{port}\n", encoding="utf-8")
    return port


def write_private(path: Path, text: str) -> None:
    """Replaces the file in one step, so that a reader or a crash never meets half of it."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def read_lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def minimal_environment() -> Mapping[str, str]:
    """Nothing of the caller's: PGPORT and its like would change what the server does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
