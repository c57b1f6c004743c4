"""One real process: started, stopped, killed, paused; what it says goes to a file."""

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from dev.demo import processes
from dev.demo.waiting import WaitTimeout, tail_of, wait_until

READY_SECONDS = 60.0
_CLOCK = Path(__file__).with_name("clock")


class ChildFailed(Exception):
    """It ended, or was not ready in time; the message ends with what it said."""


Spawn = Callable[..., processes.Process]


class Child(processes.Child):
    """Spawn it from a thread that lives on: the kernel ends it with the thread that started it.

    `spawn_with`: how all of them start where nothing else is said; the tests have a quicker way.
    """

    spawn_with: ClassVar[Spawn] = staticmethod(processes.spawn)

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        environment: Mapping[str, str],
        folder: Path,
        is_ready: Callable[[str], bool],
        spawn: Spawn | None = None,
    ) -> None:
        """`is_ready` gets what the process has written since its start. `spawn`: in another way than `Child.spawn_with`."""
        self.name = name
        self.log = folder / f"{name}.log"
        self._command, self._environment, self._folder = command, dict(environment), folder
        self._is_ready = is_ready
        self._spawn = spawn or Child.spawn_with
        self._log_start = 0
        self._is_wanted = False

    @property
    def has_died(self) -> bool:
        """It ended, and nobody here ended it."""
        return self._is_wanted and not self.running

    def spawn(self, environment: Mapping[str, str] | None = None) -> None:
        """Returns at once. `environment` is added to the given one, for this start and later ones."""
        if self.running:
            return
        self._environment |= environment or {}
        self._is_wanted = True
        self._log_start = self.log.stat().st_size if self.log.exists() else 0
        with self.log.open("ab") as output:
            self.process = self._spawn(self._command, env=self._environment, cwd=self._folder, output=output)

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

    def shift_clock(self, seconds: float) -> None:
        """Lets a process in Python have a clock that is so far ahead, from its next start on."""
        path = self._environment.get("PYTHONPATH", "").removeprefix(f"{_CLOCK}{os.pathsep}")
        self._environment |= {"PYTHONPATH": f"{_CLOCK}{os.pathsep}{path}", "CLOCK_AHEAD": str(seconds)}
        # Clocks are set while an interpreter starts, which a fork of one does not do.
        self._spawn = processes.spawn

    def stop(self, patience: float = 15.0) -> None:
        self._is_wanted = False
        super().stop(patience)

    def kill(self) -> None:
        self._is_wanted = False
        super().kill()

    def tail(self, lines: int = 150) -> str:
        return tail_of(self.log, lines)

    def _read(self) -> str:
        with self.log.open("rb") as file:
            file.seek(self._log_start)
            return file.read().decode("utf-8", "replace")


def start_together(children: Iterable[Child]) -> None:
    """All at once, then waits for each: in turn it would take as many times as long."""
    started = list(children)
    for child in started:
        child.spawn()
    for child in started:
        child.await_ready()
