"""An interpreter that has loaded what the service's processes load, and becomes one of them by forking itself.

`python -m tests.support.warm.server SOCKET`. A start costs a hundredth of a second in place of one or two. The child has
the environment, folder, files and arguments it was given and nothing else: what the product reads, it reads after the
fork. Modules of `worker` are not loaded before it, since its package reads the settings.
"""

import atexit
import contextlib
import gc
import importlib
import json
import os
import runpy
import signal
import socket
import sys
import threading
import time
from typing import Any

from dev.demo.processes import follow_parent

LOADED = (
    "shared",  # first, as in every process: it decides how structlog is loaded
    "api.main",
    "alembic.command",
    "celery.apps.beat",
    "celery.apps.worker",
    # The commands one by one: `celery.bin.celery`, which gathers them, would load `worker`.
    "celery.bin.amqp",
    "celery.bin.call",
    "celery.bin.control",
    "celery.bin.events",
    "celery.bin.graph",
    "celery.bin.list",
    "celery.bin.logtool",
    "celery.bin.migrate",
    "celery.bin.multi",
    "celery.bin.purge",
    "celery.bin.result",
    "celery.bin.shell",
    "celery.bin.upgrade",
    "click_didyoumean",
    "click_plugins",
    "click_repl",
    "kombu.transport.redis",
    "psycopg2.extras",
    "requests",
    "rich.console",
    "rich.table",
    "shared.storage.sealing",
    "shared.wire.calls",
    "shared.wire.connection",
    "simplejson",
    "sqlalchemy.dialects.postgresql.psycopg2",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.main",
    "uvicorn.protocols.http.httptools_impl",
)
MOST_FILES = 4096


class QuickEnd:
    """Ends a child once it has done what an interpreter does before it is taken apart: joined its threads, called its exit
    handlers. The rest frees what the kernel frees anyway, at the price of copying every page shared with the server.
    """

    def __init__(self) -> None:
        self.code: int | None = None
        atexit.register(self._leave)  # the first, so that it is called last

    def run(self, module: str) -> None:
        """What is raised goes on to the interpreter, which reports it."""
        try:
            runpy.run_module(module, run_name="__main__", alter_sys=True)
            self.code = 0
        except SystemExit as end:
            self.code = read_code(end)
            raise
        except Exception:
            self.code = 1
            raise

    def _leave(self) -> None:
        if self.code is None:  # the server itself, or a child whose end is by a signal
            return
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError):
            return  # the interpreter says so, and has a code for it
        os._exit(self.code)


def read_code(end: SystemExit) -> int:
    """As the interpreter reads it: other than a number it is a message."""
    if end.code is None:
        return 0
    return end.code & 0xFF if isinstance(end.code, int) else 1


def main() -> None:
    end = QuickEnd()
    for name in LOADED:
        importlib.import_module(name)
    # What is loaded is never collected, so its pages stay shared with the children.
    gc.collect()
    gc.freeze()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen(64)
    print("ready", flush=True)
    become(serve(listener), end)


def serve(listener: socket.socket) -> dict[str, Any]:
    """Answers for ever; returns in each child, with what it was ordered to be."""
    codes: dict[int, int] = {}
    while True:
        connection, _ = listener.accept()
        # Who asks may be interrupted by its deadline: that costs an order, not the server.
        with contextlib.suppress(OSError, ValueError), connection:
            order, files = receive(connection)
            if "poll" in order:
                answer(connection, poll(order["poll"], codes))
            elif fork(connection, files, codes):
                listener.detach()
                connection.detach()
                os.closerange(3, MOST_FILES)
                return order
            for file in files:
                os.close(file)


def fork(connection: socket.socket, files: list[int], codes: dict[int, int]) -> bool:
    """True in the child, which tells its number itself, once it can be sent signals as any other."""
    assert threading.active_count() == 1, "a thread would be lost in the child"
    parent = os.getpid()
    if pid := os.fork():
        codes.pop(pid, None)  # of an earlier process of this number
        return False
    os.setsid()
    follow = follow_parent(parent, signal.SIGKILL)
    if follow is not None:
        follow()
    for target, file in enumerate(files):
        os.dup2(file, target)
    try:
        answer(connection, os.getpid())
    except OSError:  # nobody knows of this process
        os._exit(1)
    return True


def answer(connection: socket.socket, value: int | None) -> None:
    connection.sendall(json.dumps(value).encode())


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """An order, up to the end of what is sent, and the files that come with it."""
    raw, files, _, _ = socket.recv_fds(connection, 65536, 3)
    while more := connection.recv(65536):
        raw += more
    return json.loads(raw), files


def poll(pid: int, codes: dict[int, int]) -> int | None:
    """The exit code as `subprocess` has it, kept in `codes`; None while it runs."""
    if pid not in codes:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            codes[pid] = os.waitstatus_to_exitcode(status)
    return codes.get(pid)


def become(order: dict[str, Any], end: QuickEnd) -> None:
    """Runs `python -m MODULE ARGUMENTS` in this process, to the exit code it would have."""
    os.environ.clear()
    os.environ.update(order["environment"])
    time.tzset()
    os.chdir(order["folder"])
    sys.path[0] = order["folder"]
    module, *arguments = order["words"]
    sys.argv[1:] = arguments
    end.run(module)


if __name__ == "__main__":
    main()
