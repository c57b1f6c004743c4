"""Keeps processes up in one terminal: shows what they say, starts again what dies, ends all of it together.

One thread does everything. The kernel's "die with your parent" is tied to the thread that starts a
child, and a single thread has nothing to lock.
"""

import contextlib
import os
import selectors
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TypeVar

from dev.demo import processes
from dev.demo.console import Console
from dev.demo.servers import Server, ServerFailed
from dev.demo.waiting import WaitTimeout, tail_of

T = TypeVar("T")

TAIL_LINES = 25
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0
# Up for this long, a process has recovered and its next death is a new one.
_STEADY_SECONDS = 30.0
_STOP_SECONDS = 10.0
_HOPELESS_DEATHS = 4


class StopRequested(Exception):
    """Ctrl-C, SIGTERM or SIGHUP."""


class Unit(ABC):
    """Something the supervisor keeps up."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.deaths_in_a_row = 0
        self.started_at = 0.0
        self.restart_at: float | None = None

    @property
    @abstractmethod
    def exit_code(self) -> int | None:
        """None while it runs."""

    @abstractmethod
    def start(self) -> None: ...

    @abstractmethod
    def stop(self) -> None: ...

    @abstractmethod
    def kill(self) -> None: ...

    @abstractmethod
    def tail(self) -> str:
        """The last lines it wrote."""

    def schedule_restart(self, now: float) -> float:
        """Returns the pause, which doubles with every death that follows closely on a start."""
        if now - self.started_at > _STEADY_SECONDS:
            self.deaths_in_a_row = 0
        pause = min(_FIRST_PAUSE * 2.0**self.deaths_in_a_row, _LONGEST_PAUSE)
        self.deaths_in_a_row += 1
        self.restart_at = now + pause
        return pause


class ServerUnit(Unit):
    """PostgreSQL or Redis, which write to a log file of their own."""

    def __init__(self, name: str, server: Server) -> None:
        super().__init__(name)
        self._server = server

    @property
    def exit_code(self) -> int | None:
        return self._server.exit_code

    def start(self) -> None:
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def kill(self) -> None:
        self._server.kill()

    def tail(self) -> str:
        return tail_of(self._server.log, TAIL_LINES)


class CommandUnit(Unit):
    """A child whose output goes through a pipe to the console."""

    def __init__(self, name: str, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        super().__init__(name)
        self._command, self._env, self._cwd = command, env, cwd
        self._process: subprocess.Popen[bytes] | None = None
        self._lines: deque[str] = deque(maxlen=TAIL_LINES)
        self._rest = b""
        self.output: int | None = None
        self.at_end = False

    @property
    def exit_code(self) -> int | None:
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        self._process = processes.spawn(self._command, env=self._env, cwd=self._cwd, output=subprocess.PIPE)
        assert self._process.stdout is not None
        self.output = self._process.stdout.fileno()
        os.set_blocking(self.output, False)
        self._rest, self.at_end = b"", False

    def stop(self) -> None:
        if self._process is not None:
            processes.end(self._process, patience=_STOP_SECONDS)

    def kill(self) -> None:
        if self._process is not None:
            processes.kill(self._process)

    def ask_to_stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            processes.send(self._process, signal.SIGTERM)

    def tail(self) -> str:
        return "\n".join(self._lines)

    def read(self) -> Sequence[str]:
        """The lines that came since the last call."""
        chunks = [self._rest]
        with contextlib.suppress(BlockingIOError):
            while self.output is not None and not self.at_end:
                chunks.append(os.read(self.output, 65_536))
                self.at_end = not chunks[-1]
        *whole, self._rest = b"".join(chunks).split(b"\n")
        lines = [line.decode("utf-8", "replace").rstrip() for line in whole]
        self._lines.extend(lines)
        return lines

    def close(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
        self.output = None


class Supervisor:
    def __init__(self, console: Console) -> None:
        self.console = console
        self.units: list[Unit] = []
        self._stopping = False
        self._impatient = False
        self._selector = selectors.DefaultSelector()

    def listen_to_signals(self) -> None:
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under `nohup`, SIGHUP is ignored, and is meant to be.
            if signal.getsignal(signum) is not signal.SIG_IGN or signum != signal.SIGHUP:
                signal.signal(signum, self._note_signal)

    def add(self, unit: Unit) -> None:
        """Starts it and keeps it up from now on."""
        self._raise_if_stopping()
        self.units.append(unit)
        self._start(unit)

    def run_once(self, unit: CommandUnit, timeout: float) -> int:
        """Runs a command to its end, its output shown like everybody's."""
        unit.start()
        self._watch(unit)
        try:
            return self.wait_for(lambda: _boxed(unit.exit_code), timeout, f"{unit.name} to end")[0]
        finally:
            unit.stop()
            self._forget(unit)

    def wait_for(self, condition: Callable[[], T | None], timeout: float, what: str) -> T:
        """Meanwhile everything else goes on. Raises StopRequested or WaitTimeout."""
        deadline = time.monotonic() + timeout
        while not (value := condition()):
            if time.monotonic() >= deadline:
                raise WaitTimeout(f"waited {timeout:g} s for {what}")
            self.turn()
        return value

    def find_hopeless(self) -> Unit | None:
        """Something that dies again and again: waiting for what it should bring is a waste of time."""
        return next((unit for unit in self.units if unit.deaths_in_a_row >= _HOPELESS_DEATHS), None)

    def run_forever(self) -> None:
        while True:
            self.turn()

    def turn(self, patience: float = 0.1) -> None:
        self._raise_if_stopping()
        for key, _ in self._selector.select(patience):
            self._show(key.data)
        now = time.monotonic()
        for unit in self.units:
            if unit.restart_at is not None:
                if now >= unit.restart_at:
                    self._start(unit)
            elif unit.exit_code is not None:
                self._announce_death(unit, now)

    def stop_all(self) -> None:
        """Last started, first ended. A second Ctrl-C kills."""
        self._stopping = True
        commands = [unit for unit in reversed(self.units) if isinstance(unit, CommandUnit)]
        for unit in commands:
            unit.ask_to_stop()
        deadline = time.monotonic() + _STOP_SECONDS
        while any(unit.exit_code is None for unit in commands) and time.monotonic() < deadline:
            if self._impatient:
                break
            for key, _ in self._selector.select(0.1):
                self._show(key.data)
        for each in reversed(self.units):
            self._finish(each)
        self.units.clear()
        self._selector.close()

    def _finish(self, unit: Unit) -> None:
        if self._impatient or isinstance(unit, CommandUnit):
            unit.kill()
        else:
            unit.stop()
        if isinstance(unit, CommandUnit):
            self._forget(unit)

    def _start(self, unit: Unit) -> None:
        unit.restart_at = None
        unit.started_at = time.monotonic()
        try:
            unit.start()
        except (ServerFailed, WaitTimeout) as error:
            if unit.deaths_in_a_row == 0:
                raise
            self.console.show(unit.name, str(error))
            unit.schedule_restart(time.monotonic())
        if isinstance(unit, CommandUnit):
            self._watch(unit)

    def _announce_death(self, unit: Unit, now: float) -> None:
        code = unit.exit_code
        assert code is not None
        unit.kill()  # What the dead process may have left in its group.
        if isinstance(unit, CommandUnit):
            self._forget(unit)
        pause = unit.schedule_restart(now)
        how = processes.describe_exit(code)
        self.console.show(unit.name, f"ended ({how}); starting it again in {pause:g} s")

    def _watch(self, unit: CommandUnit) -> None:
        assert unit.output is not None
        self._selector.register(unit.output, selectors.EVENT_READ, unit)

    def _forget(self, unit: CommandUnit) -> None:
        if unit.output is None:
            return
        self._show(unit)
        if unit.output in self._selector.get_map():
            self._selector.unregister(unit.output)
        unit.close()

    def _show(self, unit: CommandUnit) -> None:
        for line in unit.read():
            if line:
                self.console.show(unit.name, line)
        # A pipe at its end is always "ready": watching on would be a busy loop.
        if unit.at_end and unit.output is not None and unit.output in self._selector.get_map():
            self._selector.unregister(unit.output)

    def _note_signal(self, signum: int, _frame: FrameType | None) -> None:
        # A closing terminal may send several SIGHUP; only a person presses Ctrl-C twice.
        self._impatient = self._impatient or (self._stopping and signum == signal.SIGINT)
        self._stopping = True

    def _raise_if_stopping(self) -> None:
        if self._stopping or self.console.gone:
            raise StopRequested


def _boxed(value: int | None) -> tuple[int] | None:
    """Exit code 0 is an answer too, though a false one."""
    return None if value is None else (value,)
