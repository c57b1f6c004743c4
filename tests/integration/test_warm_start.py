"""A process forked from the warm interpreter is what the same command would be, started as any other."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from dev.demo import processes
from dev.demo.children import base_environment
from dev.demo.waiting import wait_until
from tests.support.warm.start import PRODUCT, Forked, Server, can_be_warm

# What the product could tell a fork by.
PROBE = """
import json, os, resource, signal, sys, threading
from shared.config import get_settings
print(json.dumps({
    "arguments": sys.argv,
    "environment": dict(os.environ),
    "files": sorted(name for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")),
    "folder": os.getcwd(),
    "given": sys.stdin.read(),
    "handlers": {number: str(signal.getsignal(number)).split(" at ")[0] for number in signal.valid_signals()},
    "is main": __name__,
    "leads": [os.getpid() == os.getsid(0), os.getpid() == os.getpgid(0)],
    "mask": list(signal.pthread_sigmask(signal.SIG_BLOCK, [])),
    "path": sys.path,
    "priority": os.nice(0),
    "settings": get_settings.cache_info().currsize,
    "streams": [(each.encoding, each.errors, each.isatty()) for each in (sys.stdin, sys.stdout, sys.stderr)],
    "threads": len(os.listdir("/proc/self/task")),
    "umask": os.umask(0),
    "worker": [name for name in sys.modules if name.split(".")[0] == "worker"],
}))
print("an error", file=sys.stderr)
sys.exit(int(sys.argv[1]))
"""
WAITS = "import time; print('begun', flush=True); time.sleep(600)"
ENDS_POLITELY = (
    "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(7)); print('begun', flush=True); time.sleep(600)"
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.close()


class Place:
    """A folder with a module to run, and what it has said."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.folder, self._server = folder, server

    def start(self, code: str, *arguments: str, env: dict[str, str] | None = None) -> Forked:
        (self.folder / "probe.py").write_text(code, "utf-8")
        (self.folder / "given").write_text("said to it", "utf-8")
        with (
            (self.folder / "given").open("rb") as given,
            (self.folder / "out").open("wb") as out,
            (self.folder / "err").open("wb") as err,
        ):
            files = [given.fileno(), out.fileno(), err.fileno()]
            return self._server.start(["probe", *arguments], env or base_environment(), self.folder, files)

    def read(self, name: str) -> str:
        return (self.folder / name).read_text("utf-8")

    def start_and_await(self, code: str) -> Forked:
        process = self.start(code)
        wait_until(lambda: self.read("out") == "begun\n", timeout=20, what="the process to run")
        return process


@pytest.fixture
def place(tmp_path: Path, server: Server) -> Place:
    return Place(tmp_path, server)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
def test_it_differs_in_nothing_from_a_cold_start(place: Place) -> None:
    environment = {**base_environment(), "ONLY_HERE": "ключ", "TZ": "Asia/Almaty"}
    code = place.start(PROBE, "3", env=environment).wait(60)
    warm = json.loads(place.read("out"))
    cold = subprocess.run(
        [sys.executable, "-m", "probe", "3"],
        env=environment,
        cwd=place.folder,
        input="said to it",
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    assert (code, place.read("err")) == (cold.returncode, cold.stderr) == (3, "an error\n")
    assert warm == json.loads(cold.stdout)
    assert warm["environment"] == environment
    assert warm["files"] == ["0", "1", "2"]


def test_one_leaves_nothing_to_the_next(place: Place) -> None:
    first = {**base_environment(), "WEBKASSA_VAT": "12"}
    place.start("from shared.config import get_settings; print(get_settings().webkassa_vat)", env=first).wait(60)
    assert place.read("out") == "12\n"
    place.start("from shared.config import get_settings; print(get_settings().webkassa_vat)").wait(60)
    assert place.read("out") == "none\n"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param("", 0, id="to its end"),
        pytest.param("raise SystemExit('words')", 1, id="words"),
        pytest.param("raise SystemExit(None)", 0, id="no words"),
        pytest.param("raise SystemExit(-1)", 255, id="below nought"),
        pytest.param("raise KeyboardInterrupt", -2, id="interrupted"),
        pytest.param("1 / 0", 1, id="an error"),
        pytest.param("import os; os._exit(9)", 9, id="at once"),
        pytest.param("import os; os.kill(os.getpid(), 9)", -9, id="killed"),
        pytest.param("import threading, time; threading.Thread(target=time.sleep, args=(0.1,)).start()", 0, id="a thread"),
    ],
)
def test_how_it_ended_is_reported(place: Place, code: str, expected: int) -> None:
    process = place.start(code)
    assert process.wait(60) == expected
    assert process.poll() == expected


def test_it_does_all_that_a_cold_one_does_at_its_end(place: Place) -> None:
    """Its threads are waited for, then its handlers are called, then what is not yet written is."""
    code = r"""
import atexit, sys, threading, time
atexit.register(print, "handler")
threading.Thread(target=lambda: (time.sleep(0.2), print("thread"))).start()
sys.stdout.write("buffered\n")
1 / 0
"""
    environment = {name: value for name, value in base_environment().items() if name != "PYTHONUNBUFFERED"}
    assert place.start(code, env=environment).wait(60) == 1
    assert place.read("out") == "buffered\nthread\nhandler\n"
    assert place.read("err").endswith("ZeroDivisionError: division by zero\n")


def test_signals_reach_it_as_any_process(place: Place) -> None:
    process = place.start_and_await(WAITS)
    processes.stop_for_certain(process.pid)
    assert process.poll() is None
    processes.kill(process)
    assert process.returncode == -signal.SIGKILL
    assert not psutil.pid_exists(process.pid)


def test_it_may_end_politely_or_by_default(place: Place) -> None:
    polite = place.start_and_await(ENDS_POLITELY)
    processes.end(polite)
    assert polite.returncode == 7
    plain = place.start_and_await(WAITS)
    processes.end(plain)
    assert plain.returncode == -signal.SIGTERM


def test_who_waits_is_told_when_it_takes_too_long(place: Place) -> None:
    process = place.start_and_await(WAITS)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    processes.kill(process)


def test_an_order_that_was_broken_off_costs_nobody_else(place: Place, server: Server) -> None:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(server.address)
        connection.sendall(b'{"words": ["pro')
    assert place.start("").wait(60) == 0


def test_it_does_not_outlive_the_interpreter(tmp_path: Path) -> None:
    server = Server()
    process = Place(tmp_path, server).start_and_await(WAITS)
    server.close()
    wait_until(lambda: not processes.read_command_line(process.pid), timeout=20, what="the child to end")


def test_other_programs_and_interpreters_start_cold() -> None:
    fitting = [sys.executable, "-m", PRODUCT[0]]
    assert can_be_warm(fitting, {**base_environment(), "DEBUG": "true"})
    assert not can_be_warm([sys.executable, "-c", "pass"], base_environment())
    assert not can_be_warm(["nginx", "-c", "here"], base_environment())
    assert not can_be_warm([sys.executable, "-m", "http.server"], base_environment())
    assert not can_be_warm(fitting, {**base_environment(), "PYTHONWARNINGS": "error"})
    assert not can_be_warm(fitting, {name: value for name, value in base_environment().items() if name != "PYTHONPATH"})
