"""Starts a process of the service from a warm interpreter, or as any other where that would not be the same."""

import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from dev.demo import processes
from dev.demo.children import base_environment
from dev.demo.waiting import tail_of, wait_until

PRODUCT = ("uvicorn", "celery", "alembic", "api.acquire.users")
START_SECONDS = 60.0
_LONG = 3600.0


class Forked:
    """A child of the server, with as much of `subprocess.Popen` as those who end processes use."""

    def __init__(self, server: "Server", pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._server = server

    def poll(self) -> int | None:
        if self.returncode is None:
            self.returncode = self._server.ask({"poll": self.pid})
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        deadline = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            rest = _LONG if deadline is None else deadline - time.monotonic()
            if rest <= 0:
                raise subprocess.TimeoutExpired(f"process {self.pid}", timeout or 0)
            await_end(self.pid, rest)
        return code


def await_end(pid: int, seconds: float) -> None:
    """Returns when a process that nobody has reaped yet ends, where the kernel tells; elsewhere after a moment."""
    try:
        descriptor = os.pidfd_open(pid)
    except (AttributeError, OSError):  # another system, or an old kernel
        time.sleep(0.01)
        return
    try:
        select.select([descriptor], [], [], seconds)
    finally:
        os.close(descriptor)


class Server:
    """One a test process; the kernel ends it with the thread that started it."""

    def __init__(self) -> None:
        assert threading.current_thread() is threading.main_thread(), "it would end with this thread"
        self._folder = Path(tempfile.mkdtemp(prefix="warm-"))
        self.address = str(self._folder / "socket")
        command = [sys.executable, "-m", "tests.support.warm.server", self.address]
        with (self._folder / "log").open("wb") as output:
            self._process = processes.spawn(command, env=base_environment(), cwd=self._folder, output=output)
        wait_until(self._is_ready, timeout=START_SECONDS, what="the warm interpreter")

    def start(self, words: Sequence[str], env: Mapping[str, str], cwd: Path, files: Sequence[int]) -> Forked:
        order = {"words": list(words), "environment": dict(env), "folder": str(cwd)}
        return Forked(self, self.ask(order, files))

    def ask(self, order: dict[str, Any], files: Sequence[int] = ()) -> Any:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.address)
            socket.send_fds(connection, [b" "], files)
            connection.sendall(json.dumps(order).encode())
            connection.shutdown(socket.SHUT_WR)
            return json.loads(connection.recv(64))

    def close(self) -> None:
        processes.kill(self._process)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _is_ready(self) -> bool:
        said = tail_of(self._folder / "log")
        assert self._process.poll() is None, f"the warm interpreter ended. It said:\n{said}"
        return said == "ready"


_servers: list[Server] = []


def end() -> None:
    """Of this process's server and of all it has started."""
    while _servers:
        _servers.pop().close()


def spawn(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, output: int | IO[bytes]
) -> "subprocess.Popen[bytes] | Forked":
    """As `processes.spawn`, whatever the command is."""
    if not can_be_warm(command, env):
        return processes.spawn(command, env=env, cwd=cwd, output=output)
    written = output if isinstance(output, int) else output.fileno()
    with Path(os.devnull).open("rb") as nothing:
        return _find_server().start(command[2:], env, cwd, [nothing.fileno(), written, written])


def run(
    command: Sequence[str], *, env: Mapping[str, str], cwd: Path, said: str = "", timeout: float = 90.0
) -> "subprocess.CompletedProcess[str]":
    """As `processes.run`, whatever the command is."""
    if not can_be_warm(command, env):
        return processes.run(command, env, cwd, said=said)
    with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        given.write(said.encode())
        given.seek(0)
        process = _find_server().start(command[2:], env, cwd, [given.fileno(), out.fileno(), err.fileno()])
        try:
            code = process.wait(timeout)
        finally:
            processes.kill(process)
        return subprocess.CompletedProcess(command, code, _read(out), _read(err))


def can_be_warm(command: Sequence[str], env: Mapping[str, str]) -> bool:
    """A module of the product, and nothing in the environment that an interpreter reads before its first line."""
    is_product = tuple(command[:2]) == (sys.executable, "-m") and command[2] in PRODUCT
    return is_product and _read_by_interpreter(env) == _read_by_interpreter(base_environment())


def _read_by_interpreter(env: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in env.items() if name.startswith(("PYTHON", "LD_", "LC_", "LANG"))}


def _find_server() -> Server:
    if not _servers:
        _servers.append(Server())
    return _servers[0]


def _read(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode()
