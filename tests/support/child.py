"""A real process under test: started, stopped, killed, paused, its words kept in a file."""

import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dev.demo import processes
from dev.demo.waiting import WaitTimeout, tail_of, wait_until
from tests.support.warm import start as warm

READY_SECONDS = 60.0


class ChildFailed(AssertionError):
    """It ended, or was not ready in time; the message ends with what it said."""


class Child:
    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        is_ready: Callable[[str], bool],
        spawn: Callable[..., Any] = warm.spawn,
    ) -> None:
        """`is_ready` gets what the process has written since its start. `spawn=processes.spawn` for a cold start."""
        self.name = name
        self.log = folder / f"{name}.log"
        self._command, self._environment, self._folder = command, dict(environment), folder
        self._is_ready = is_ready
        self._spawn = spawn
        self._process: subprocess.Popen[bytes] | warm.Forked | None = None
        self._log_start = 0

    @property
    def pid(self) -> int:
        assert self._process is not None, f"{self.name} was not started"
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def spawn(self, environment: Mapping[str, str] | None = None) -> None:
        """Returns at once. `environment` is added to the given one, for this start and later ones."""
        if self.running:
            return
        self._environment |= environment or {}
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self._process = self._spawn(self._command, env=self._environment, cwd=self._folder, output=output)

    def await_ready(self, timeout: float = READY_SECONDS) -> None:
        try:
            wait_until(lambda: not self.running or self._is_ready(self._read()), timeout=timeout, what=self.name)
        except WaitTimeout:
            raise ChildFailed(f"{self.name} is not ready after {timeout:g} s. It said:\n{self._read()}") from None
        if not self.running:
            raise ChildFailed(f"{self.name} ended. It said:\n{self._read()}")

    def start(self, environment: Mapping[str, str] | None = None) -> None:
        self.spawn(environment)
        self.await_ready()

    def stop(self, patience: float = 15.0) -> None:
        """Asks it to end, as an orderly deployment would."""
        if self._process is not None:
            processes.end(self._process, patience=patience)

    def kill(self) -> None:
        """`kill -9`, also of a paused process."""
        if self._process is not None:
            processes.kill(self._process)

    def pause(self) -> None:
        assert self._process is not None
        processes.send(self._process, signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        processes.send(self._process, signal.SIGCONT)

    def tail(self, lines: int = 150) -> str:
        return tail_of(self.log, lines)

    def _read(self) -> str:
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            return file.read().decode("utf-8", "replace")
