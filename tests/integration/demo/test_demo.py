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
import requests

from dev.demo import processes
from dev.demo.children import ROOT
from dev.demo.postgres_server import Postgres
from dev.demo.waiting import find_free_port, wait_until
from dev.harness.child import Child

pytestmark = pytest.mark.deadline(180)

# What a careless shell may have exported; none of it may reach a child.
STRAY = {
    "WEBKASSA_API_URL": "http://127.0.0.1:9",
    "ALTEGIO_WEBHOOK_SECRET": "stray",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "PGPORT": "1",
}


@pytest.fixture(scope="module")
def folder(workplace: Path) -> Iterator[Path]:
    """Of one demo that is started again and again."""
    path = workplace / "demo"
    path.mkdir()
    # The usual ones may be taken by another demo of this machine, between our look at them and our start.
    for name in ("simulator", "api", "flower"):
        (path / f"{name}-port").write_text(f"{find_free_port()}\n")
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


@pytest.fixture(scope="module")
def oneshot(folder: Path) -> "subprocess.CompletedProcess[str]":
    """The first start of all, which ends with its receipt."""
    return run_oneshot(folder)


@pytest.fixture(scope="module")
def module_demo(
    oneshot: "subprocess.CompletedProcess[str]", folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Child]:
    # In a session of its own like any child; `python -m` finds the package through PYTHONPATH.
    environment = demo_environment(PYTHONPATH=str(ROOT))
    said = tmp_path_factory.mktemp("demo")
    child = Child("demo", demo_command(folder), environment, said, lambda text: "Ctrl-C ends" in text)
    try:
        yield child
    finally:
        child.stop()


@pytest.fixture
def demo(module_demo: Child) -> Child:
    """A demo that is up and has shown its receipt."""
    module_demo.start()
    return module_demo


def list_children(parent: int) -> dict[int, str]:
    """Number and command line of every process started by `parent`."""
    return {pid: processes.read_command_line(pid) for pid in processes.find_children(parent)}


def none_alive(pids: dict[int, str]) -> Callable[[], bool]:
    return lambda: not any(processes.read_command_line(pid) for pid in pids)


def find_numbers(said: str) -> list[str]:
    return re.findall(r"Fiscal number +(\d+)", said)


def test_oneshot_prints_the_receipt(oneshot: "subprocess.CompletedProcess[str]") -> None:
    assert oneshot.returncode == 0, oneshot.stdout + oneshot.stderr
    assert "596792978" in oneshot.stdout
    assert "4000.00 ₸" in oneshot.stdout
    assert "altegio_596792978" in oneshot.stdout
    assert len(find_numbers(oneshot.stdout)) == 1


def test_a_second_start_finds_it_again(oneshot: "subprocess.CompletedProcess[str]", demo: Child) -> None:
    said = demo.log.read_text("utf-8")
    assert "altegio_596792978" in said
    assert find_numbers(said) == find_numbers(oneshot.stdout)


def test_one_address_comes_first_with_two_accounts(demo: Child) -> None:
    said = demo.log.read_text("utf-8")
    begin = said.index("OPEN THIS")
    assert "Flower " not in said[:begin]
    page, *accounts = re.findall(r"│ (?:Payment page|Manager|Cashier) +(\S+)(?: / (\S+))?", said[begin:])
    assert [login for login, _ in accounts] == ["manager", "cashier"]
    for account in accounts:
        with requests.Session() as browser:
            assert "Дана Ержанова" in sign_in(browser, page[0], *account)


def sign_in(browser: requests.Session, page: str, login: str, password: str) -> str:
    """What the desk shows to somebody who types the host alone."""
    browser.trust_env = False
    form = browser.get(page.removesuffix("/acquire") + "/", timeout=30)
    token = re.search(r'name="form_token" value="([^"]+)"', form.text)
    assert token is not None
    fields = {"form_token": token[1], "login": login, "password": password}
    answer = browser.post(form.url.partition("?")[0], data=fields, timeout=30)
    assert answer.url.endswith("/acquire"), answer.url
    return answer.text


def test_accounts_beside_it_are_made_as_the_readme_says(demo: Child, folder: Path) -> None:
    assert demo.running
    added = run_beside(folder, "add", "botagoz", "--role", "cashier", "--password-stdin", said="right horse battery\n")
    assert (added.returncode, added.stdout) == (0, "added botagoz (cashier)\n")
    assert [line.split()[0] for line in run_beside(folder, "list").stdout.splitlines()] == ["botagoz", "cashier", "manager"]
    assert stat.S_IMODE((folder / "env").stat().st_mode) == 0o600


def run_beside(folder: Path, *arguments: str, said: str = "") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        (sys.executable, "-m", "dev.demo.beside", "--folder", str(folder), "api.acquire.users", *arguments),
        cwd=ROOT,
        env=demo_environment(),
        input=said,
        capture_output=True,
        text=True,
        check=False,
    )


def test_secrets_stay_in_private_files(folder: Path, oneshot: "subprocess.CompletedProcess[str]") -> None:
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
        assert path.read_text().strip() not in oneshot.stdout + oneshot.stderr


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
    wait_until(lambda: "worker    | ended (signal 9 (SIGKILL))" in demo.tail(), timeout=60, what="the announcement")
    wait_until(
        lambda: any("worker worker" in command for command in list_children(demo.pid).values()),
        timeout=60,
        what="a new worker",
    )
    children |= list_children(demo.pid)

    demo.stop(patience=30)

    wait_until(none_alive(children), timeout=30, what="every child to end")
    assert "ended" in demo.tail(1)


def test_a_killed_demo_leaves_nothing_behind(demo: Child) -> None:
    children = list_children(demo.pid)
    assert len(children) == 7

    # The supervisor alone; its children are in sessions of their own.
    os.kill(demo.pid, signal.SIGKILL)

    wait_until(none_alive(children), timeout=30, what="every child to end")
