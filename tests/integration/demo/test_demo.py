"""The demo as its users meet it: one command, a receipt, and nothing left when it ends."""

import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dev.demo import processes
from dev.demo.children import ROOT
from dev.demo.postgres_server import Postgres
from dev.demo.waiting import wait_until
from dev.harness.child import Child

pytestmark = [
    pytest.mark.deadline(180),
    pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for children in /proc"),
]

# What a careless shell may have exported; none of it may reach a child.
STRAY = {
    "WEBKASSA_API_URL": "http://127.0.0.1:9",
    "ALTEGIO_WEBHOOK_SECRET": "stray",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "PGPORT": "1",
}


@pytest.fixture
def folder(workplace: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    path = workplace / f"demo-{request.node.name}"
    yield path
    Postgres(path / "postgres").destroy()


def demo_environment(**extra: str) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "PYTHONUTF8": "1", **STRAY, **extra}


def demo_command(folder: Path) -> tuple[str, ...]:
    return (sys.executable, "-m", "dev.demo", "--folder", str(folder))


def run_oneshot(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        demo_command(folder),
        cwd=ROOT,
        env=demo_environment(ONESHOT="1"),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def demo(folder: Path, tmp_path: Path) -> Iterator[Child]:
    """A demo that is up and has shown its receipt."""
    # In a session of its own like any child; `python -m` finds the package through PYTHONPATH.
    environment = demo_environment(PYTHONPATH=str(ROOT))
    child = Child("demo", demo_command(folder), environment, tmp_path, lambda text: "Ctrl-C ends" in text)
    try:
        child.start()
        yield child
    finally:
        child.stop()


def list_children(parent: int) -> dict[int, str]:
    """Number and command line of every process started by `parent`."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # It ended while we looked.
            continue
        if int(fields[1]) == parent:
            found[int(entry.name)] = processes.read_command_line(int(entry.name))
    return found


def none_alive(pids: dict[int, str]) -> Callable[[], bool]:
    return lambda: not any(processes.read_command_line(pid) for pid in pids)


def test_oneshot_prints_the_receipt_and_a_second_start_finds_it_again(folder: Path) -> None:
    first, second = run_oneshot(folder), run_oneshot(folder)

    for run in (first, second):
        assert run.returncode == 0, run.stdout + run.stderr
        assert "596792978" in run.stdout
        assert "4000.00 ₸" in run.stdout
        assert "altegio_596792978" in run.stdout
    numbers = [re.findall(r"Fiscal number +(\d+)", run.stdout) for run in (first, second)]
    assert numbers[0]
    assert numbers[0] == numbers[1]


def test_secrets_stay_in_private_files(folder: Path) -> None:
    run = run_oneshot(folder)

    names = (
        "secret-key",
        "webhook-secret",
        "webkassa-api-key",
        "webkassa-password",
        "flower-password",
        "redis/password",
        "postgres/password",
    )
    for path in (folder / name for name in names):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert path.read_text().strip() not in run.stdout + run.stderr


def test_a_second_demo_beside_a_running_one_says_so(demo: Child, folder: Path) -> None:
    second = run_oneshot(folder)

    assert second.returncode == 1
    assert "already running at http://127.0.0.1:" in second.stdout
    assert str(demo.pid) in second.stdout
    assert demo.running


def test_what_dies_is_started_again_and_sigterm_ends_everything(demo: Child) -> None:
    children = list_children(demo.pid)
    worker = next(pid for pid, command in children.items() if "worker worker" in command)
    os.kill(worker, signal.SIGKILL)
    wait_until(lambda: "worker    | ended (signal 9 (SIGKILL))" in demo.tail(), timeout=10, what="the announcement")
    wait_until(
        lambda: any("worker worker" in command for command in list_children(demo.pid).values()),
        timeout=10,
        what="a new worker",
    )
    children |= list_children(demo.pid)

    demo.stop(patience=30)

    wait_until(none_alive(children), timeout=5, what="every child to end")
    assert "ended" in demo.tail(1)


def test_a_killed_demo_leaves_nothing_behind(demo: Child) -> None:
    children = list_children(demo.pid)
    assert len(children) == 7

    # The supervisor alone; its children are in sessions of their own.
    os.kill(demo.pid, signal.SIGKILL)

    wait_until(none_alive(children), timeout=15, what="every child to end")
