"""One process of the service: started, killed, paused; what it says goes to a file."""

import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from dev.demo import processes
from dev.demo.waiting import WaitTimeout, tail_of, wait_until

READY_SECONDS = 60.0


class ChildFailed(Exception):
    """It ended, or was not ready in time; the message ends with what it said."""


class Child:
    """Spawn it from a thread that lives on: the kernel ends it with the thread that started it."""

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        is_ready: Callable[[str], bool],
    ) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        self._command, self._environment, self._folder = command, environment, folder
        self._is_ready = is_ready
        self._process: subprocess.Popen[bytes] | None = None
        self._log_start = 0
        self._is_wanted = False

    @property
    def has_died(self) -> bool:
        """It ended, and nobody here killed it."""
        return self._is_wanted and not self.running

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def spawn(self) -> None:
        if self.running:
            return
        self._is_wanted = True
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self._process = processes.spawn(self._command, env=self._environment, cwd=self._folder, output=output)

    def await_ready(self) -> None:
        try:
            wait_until(lambda: not self.running or self._is_ready(self._read()), timeout=READY_SECONDS, what=self.name)
        except WaitTimeout:
            raise ChildFailed(f"{self.name} is not ready. It said:\n{tail_of(self.log)}") from None
        if not self.running:
            raise ChildFailed(f"{self.name} ended. It said:\n{tail_of(self.log)}")

    def start(self) -> None:
        self.spawn()
        self.await_ready()

    def kill(self) -> None:
        """`kill -9`, also of a paused process."""
        self._is_wanted = False
        if self._process is not None:
            processes.kill(self._process)

    def pause(self) -> None:
        if self._process is not None:
            processes.send(self._process, signal.SIGSTOP)

    def resume(self) -> None:
        if self._process is not None:
            processes.send(self._process, signal.SIGCONT)

    def _read(self) -> str:
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            return file.read().decode("utf-8", "replace")
