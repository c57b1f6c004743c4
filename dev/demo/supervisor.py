"""Keeps a handful of processes up, shows what they say, and ends them all.

One thread starts them all: the kernel's "die with your parent" is tied to the thread that starts a child. The others
only read what the children write.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TextIO, TypeVar

from dev.demo import processes
from dev.demo.servers import Server, ServerFailed
from dev.demo.waiting import POLL_SECONDS, WaitTimeout, wait_until

T = TypeVar("T")

TAIL_LINES = 25
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 15.0
# Up for this long, a process has recovered and its next death is a new one.
_STEADY_SECONDS = 30.0
_STOP_SECONDS = 10.0
# What a pipe still holds is read at once; longer it stays open only in hands that are not ours.
_FLUSH_SECONDS = 1.0
_HOPELESS_DEATHS = 4
_WIDTH = 10
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
_COLOURS = {"demo": "1;36", "postgres": 34, "redis": 31, "migrate": 35, "webkassa": 33, "api": 32, "worker": 95}
_OTHER_COLOUR = 90


class Console:
    """What a person sees: `name | line`, coloured on a terminal. Threads may call it: a line is written in one step."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self.gone = False
        is_dumb = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
        self._coloured = self._stream.isatty() and not is_dumb

    def say(self, text: str) -> None:
        for line in text.splitlines():
            self.show("demo", line)

    def show(self, name: str, line: str) -> None:
        prefix = f"{name:<{_WIDTH}}|"
        if self._coloured:
            self.write(f"\x1b[{_COLOURS.get(name, _OTHER_COLOUR)}m{prefix}\x1b[0m {line}")
        else:
            self.write(f"{prefix} {_ESCAPES.sub('', line)}")

    def write(self, text: str) -> None:
        """A terminal that went away is noted and raises nothing: the children must be ended all the same."""
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except OSError:
            self.gone = True

    def frame(self, title: str, rows: Mapping[str, str]) -> None:
        """Not rich's panel, which would break the link of a receipt in two."""
        body = [f"{name:<{max(map(len, rows))}}  {value}" for name, value in rows.items()]
        inner = max(len(title), *map(len, body))
        lines = [f"┌─{'─' * inner}─┐", f"│ {title:^{inner}} │", f"├─{'─' * inner}─┤"]
        lines += [*(f"│ {line:<{inner}} │" for line in body), f"└─{'─' * inner}─┘"]
        self.write("\n".join(lines))


class StopRequested(Exception):
    """Ctrl-C, SIGTERM or SIGHUP."""


class Command(processes.Child):
    """A child whose output goes through a pipe, line by line, to `tell`."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], cwd: Path) -> None:
        self._command, self._env, self._cwd = command, env, cwd
        self.tell: Callable[[str], None] = lambda _: None
        self._lines: deque[str] = deque(maxlen=TAIL_LINES)
        self._reader = threading.Thread()

    def start(self) -> None:
        process = processes.spawn(self._command, env=self._env, cwd=self._cwd, output=subprocess.PIPE)
        self.process = process
        self._reader = threading.Thread(target=self._read, args=(process,), daemon=True)
        self._reader.start()

    def kill(self) -> None:
        super().kill()
        if self.process is not None:
            self._reader.join(_FLUSH_SECONDS)

    def tail(self) -> str:
        return "\n".join(self._lines)

    def _read(self, process: "subprocess.Popen[bytes]") -> None:
        assert process.stdout is not None
        with process.stdout as output:
            for raw in output:
                line = raw.decode("utf-8", "replace").rstrip()
                self._lines.append(line)
                if line:
                    self.tell(line)


@dataclass(eq=False)
class Unit:
    """Something the supervisor keeps up."""

    name: str
    body: Server | Command
    deaths_in_a_row: int = 0
    started_at: float = 0.0
    restart_at: float | None = None

    def schedule_restart(self, now: float) -> float:
        """Returns the pause, which doubles with every death that follows closely on a start."""
        if now - self.started_at > _STEADY_SECONDS:
            self.deaths_in_a_row = 0
        pause = min(_FIRST_PAUSE * 2.0**self.deaths_in_a_row, _LONGEST_PAUSE)
        self.deaths_in_a_row += 1
        self.restart_at = now + pause
        return pause


class Supervisor:
    def __init__(self, console: Console) -> None:
        self.console = console
        self.units: list[Unit] = []
        self._stopping = False
        self._impatient = False

    def listen_to_signals(self) -> None:
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # Under `nohup`, SIGHUP is ignored, and is meant to be.
            if signal.getsignal(signum) is not signal.SIG_IGN or signum != signal.SIGHUP:
                signal.signal(signum, self._note_signal)

    def add(self, name: str, body: Server | Command) -> Unit:
        """Starts it and keeps it up from now on."""
        self._raise_if_stopping()
        unit = Unit(name, body)
        self.units.append(unit)
        self._start(unit)
        return unit

    def run_once(self, name: str, command: Command, timeout: float) -> int:
        """Runs a command to its end, its output shown like everybody's."""
        command.tell = lambda line: self.console.show(name, line)
        command.start()
        try:
            self.wait_for(lambda: command.exit_code is not None, timeout, f"{name} to end")
            assert command.exit_code is not None
            return command.exit_code
        finally:
            command.kill()

    def wait_for(self, condition: Callable[[], T | None], timeout: float, what: str) -> T:
        """Meanwhile everything else goes on. Raises StopRequested or WaitTimeout."""
        return wait_until(condition, timeout=timeout, what=what, pause=self.turn)

    def find_hopeless(self) -> Unit | None:
        """Something that dies again and again: waiting for what it should bring is a waste of time."""
        return next((unit for unit in self.units if unit.deaths_in_a_row >= _HOPELESS_DEATHS), None)

    def run_forever(self) -> None:
        while True:
            self.turn()

    def turn(self, seconds: float = POLL_SECONDS) -> None:
        self._raise_if_stopping()
        time.sleep(seconds)
        now = time.monotonic()
        for unit in self.units:
            if unit.restart_at is not None:
                if now >= unit.restart_at:
                    self._start(unit)
            elif unit.body.exit_code is not None:
                self._announce_death(unit, unit.body.exit_code, now)

    def stop_all(self) -> None:
        """Last started, first ended. A second Ctrl-C kills."""
        self._stopping = True
        commands = [unit.body for unit in reversed(self.units) if isinstance(unit.body, Command)]
        for command in commands:
            if command.running:
                command.send(signal.SIGTERM)
        deadline = time.monotonic() + _STOP_SECONDS
        while any(command.running for command in commands) and time.monotonic() < deadline and not self._impatient:
            time.sleep(POLL_SECONDS)
        for unit in reversed(self.units):
            if self._impatient or isinstance(unit.body, Command):
                unit.body.kill()
            else:
                unit.body.stop()
        self.units.clear()

    def _start(self, unit: Unit) -> None:
        unit.restart_at = None
        unit.started_at = time.monotonic()
        if isinstance(unit.body, Command):
            unit.body.tell = lambda line: self.console.show(unit.name, line)
        try:
            unit.body.start()
        except (ServerFailed, WaitTimeout) as error:
            if unit.deaths_in_a_row == 0:
                raise
            self.console.show(unit.name, str(error))
            unit.schedule_restart(time.monotonic())

    def _announce_death(self, unit: Unit, code: int, now: float) -> None:
        unit.body.kill()  # What the dead process may have left in its group.
        pause = unit.schedule_restart(now)
        self.console.show(unit.name, f"ended ({processes.describe_exit(code)}); starting it again in {pause:g} s")

    def _note_signal(self, signum: int, _frame: FrameType | None) -> None:
        # A closing terminal may send several SIGHUP; only a person presses Ctrl-C twice.
        self._impatient = self._impatient or (self._stopping and signum == signal.SIGINT)
        self._stopping = True

    def _raise_if_stopping(self) -> None:
        if self._stopping or self.console.gone:
            raise StopRequested
