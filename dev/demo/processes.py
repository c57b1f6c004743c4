"""Child processes that never outlive the process which started them."""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Protocol, TypedDict

import psutil

from dev.demo.waiting import WaitTimeout, wait_until

_PR_SET_PDEATHSIG = 1

# Resolved before any fork: between fork and exec a child should do as little as possible.
_prctl = ctypes.CDLL(None).prctl if sys.platform.startswith("linux") else None


class Account(TypedDict, total=False):
    """The system account a child runs as; empty: our own."""

    user: int
    group: int
    extra_groups: list[str | int]


class Process(Protocol):
    """A started process, as much of `subprocess.Popen` as it takes to end it."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...


class Child:
    """A process of ours through all its starts and ends; `process` is the last one."""

    stop_signal: signal.Signals = signal.SIGTERM
    process: Process | None = None

    @property
    def pid(self) -> int:
        assert self.process is not None, "it was not started"
        return self.process.pid

    @property
    def exit_code(self) -> int | None:
        return None if self.process is None else self.process.poll()

    @property
    def running(self) -> bool:
        return self.process is not None and self.exit_code is None

    def stop(self, patience: float = 10.0) -> None:
        """Asks it to end, as an orderly deployment would."""
        if self.process is not None:
            end(self.process, self.stop_signal, patience)

    def kill(self) -> None:
        """`kill -9`, also of a paused process: nothing is flushed, nothing is said goodbye to."""
        if self.process is not None:
            kill(self.process)

    def pause(self) -> None:
        """Hangs: connections are taken by the kernel, nothing answers."""
        self.send(signal.SIGSTOP)

    def resume(self) -> None:
        self.send(signal.SIGCONT)

    def send(self, signum: signal.Signals) -> None:
        if self.process is not None:
            send(self.process, signum)


def find_unprivileged(owner_of: Path) -> Account:
    """Whom root hands PostgreSQL to: the owner of its data if there is one. Empty: no need to change."""
    if os.geteuid() != 0:
        return {}
    if owner_of.exists() and (status := owner_of.stat()).st_uid != 0:
        return _as_account(status.st_uid, status.st_gid)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return _as_account(entry.pw_uid, entry.pw_gid)
    return _as_account(65534, 65534)


def _as_account(user: int, group: int) -> Account:
    return {"user": user, "group": group, "extra_groups": []}


def can_enter(folder: Path, account: Account) -> bool:
    """Whether every parent lets this account through; asked of the kernel, which alone knows."""
    return run(["/bin/sh", "-c", 'cd -- "$1"', "sh", str(folder)], account=account).returncode == 0


def run(
    command: Sequence[str],
    env: Mapping[str, str] | None = None,
    cwd: str | Path = "/",
    account: Account | None = None,
    said: str = "",
) -> "subprocess.CompletedProcess[str]":
    """Runs a short command to its end, `said` on its standard input. A command that cannot be executed answers 126."""
    account = account or {}
    try:
        return subprocess.run(
            command, env=env, cwd=cwd, check=False, errors="replace", input=said, capture_output=True, **account
        )
    except OSError as error:
        return subprocess.CompletedProcess(command, 126, "", str(error))


def spawn(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    output: int | IO[bytes],
    account: Account | None = None,
    death_signal: signal.Signals = signal.SIGKILL,
) -> "subprocess.Popen[bytes]":
    """Starts a child in a session of its own. On Linux it gets `death_signal` when this process dies, however.

    The kernel ties that to the starting *thread*, so call this from a thread that lives on.
    """
    with warnings.catch_warnings():
        # Python 3.12 warns of any preexec_fn beside threads; this one makes a single call resolved beforehand.
        warnings.simplefilter("ignore", DeprecationWarning)
        return subprocess.Popen(
            command,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            # Runs after the account has changed, which would have erased the setting.
            preexec_fn=follow_parent(os.getpid(), death_signal),  # noqa: PLW1509 - see above
            **(account or {}),
        )


def follow_parent(parent: int, signum: signal.Signals) -> Callable[[], None] | None:
    """What a child has to call to get `signum` when its parent dies; None where the kernel has no such thing."""
    if _prctl is None:
        return None
    prctl = _prctl

    def follow() -> None:
        prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
        if os.getppid() != parent:  # It died before the line above.
            os._exit(1)

    return follow


def end(process: Process, signum: signal.Signals = signal.SIGTERM, patience: float = 10.0) -> None:
    """Asks politely, then kills; whatever the child started goes with it."""
    if process.poll() is None:
        send(process, signum)
        send(process, signal.SIGCONT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
    kill(process)


def kill(process: Process) -> None:
    """Kills the whole group, also when its first process is gone already."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def send(process: Process, signum: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signum)


def describe_exit(code: int) -> str:
    return f"exit code {code}" if code >= 0 else f"signal {-code} ({signal.Signals(-code).name})"


def end_leftover(pid: int, marker: str, signum: signal.Signals) -> None:
    """Ends a process left by a supervisor that died, if `pid` still is that process and not a namesake."""
    for attempt in (signum, signal.SIGKILL):
        if marker not in read_command_line(pid):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, attempt)
        with contextlib.suppress(WaitTimeout):
            wait_until(lambda: marker not in read_command_line(pid), timeout=10, what=f"process {pid} to end")


def read_command_line(pid: int) -> str:
    """Empty for a process that is gone or a zombie."""
    try:
        return " ".join(psutil.Process(pid).cmdline())
    except psutil.Error:
        return ""


def find_children(pid: int) -> list[int]:
    """Also those in a session of their own, which a signal to the group does not reach."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return [child.pid for child in psutil.Process(pid).children()]
    return []


def stop_for_certain(pid: int) -> None:
    """Returns once it stands still: until then it may yet make another child."""
    process, still = psutil.Process(pid), (psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP, psutil.STATUS_ZOMBIE)
    process.suspend()
    wait_until(lambda: process.status() in still, timeout=10, what=f"process {pid} to stand still")


def read_pss(pid: int) -> float:
    """Megabytes of memory, shared pages counted by share."""
    return float(psutil.Process(pid).memory_full_info().pss) / 1024**2
