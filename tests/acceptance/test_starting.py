"""What a process refuses to start with, and what it says about it."""

import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from shutil import copytree

import pytest

from dev.demo.children import ROOT, api_command, base_environment, beat_command, flower_command, worker_command
from dev.demo.waiting import find_free_port
from tests.support.stack import Stack
from tests.support.warm import start as warm

EQUAL = "n7Kq-2vXw.9Zt_4Lp~c"
# Each case: which process, what is changed in its environment (None: taken away), what its last words have to name.
CASES: dict[str, tuple[str, dict[str, str | None], tuple[str, ...]]] = {
    "api without a secret": ("api", {"ALTEGIO_WEBHOOK_SECRET": None}, ("ALTEGIO_WEBHOOK_SECRET", "DEBUG=true")),
    "api with a placeholder": (
        "api",
        {"ALTEGIO_WEBHOOK_SECRET": "change-me", "SECRET_KEY": "change-me"},
        ("ALTEGIO_WEBHOOK_SECRET", "SECRET_KEY", "placeholder"),
    ),
    "worker without settings": (
        "worker",
        {"WEBKASSA_API_TOKEN": None, "WEBKASSA_SHOP_ID": "", "WEBKASSA_LOGIN": None, "WEBKASSA_PASSWORD": None},
        ("WEBKASSA_API_TOKEN", "WEBKASSA_SHOP_ID", "WEBKASSA_LOGIN", "WEBKASSA_PASSWORD", ".env.example"),
    ),
    "worker with a placeholder": ("worker", {"WEBKASSA_PASSWORD": "change-me"}, ("WEBKASSA_PASSWORD", "placeholder")),
    "worker that would tell its credentials": ("worker", {"WEBKASSA_API_URL": "http://api.webkassa.kz"}, ("https",)),
    "api with a short secret": ("api", {"ALTEGIO_WEBHOOK_SECRET": "s3cret"}, ("ALTEGIO_WEBHOOK_SECRET", "make secrets")),
    "worker with a short key": ("worker", {"SECRET_KEY": "0f1e2d"}, ("SECRET_KEY", "make secrets")),
    "beat with one secret for two": ("beat", {"CREDENTIALS_KEY": EQUAL, "SECRET_KEY": EQUAL}, ("SECRET_KEY", "equal")),
    "flower with a placeholder": ("flower", {"FLOWER_BASIC_AUTH": "ops:change-me"}, ("FLOWER_BASIC_AUTH", "placeholder")),
}


def build_command(process: str, folder: Path) -> Sequence[str]:
    match process:
        case "api":
            return api_command(find_free_port())
        case "beat":
            return beat_command(folder / "schedule")
        case "flower":
            return flower_command(find_free_port(), folder / "flower.db")
        case _:
            return worker_command()


def build_environment(base: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    merged = {**base, **changes}
    return {name: value for name, value in merged.items() if value is not None}


@pytest.fixture(scope="module")
def refusals(module_env: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """Exit codes and words. Of each process the first case from nothing, side by side: each takes seconds to load."""
    folder = tmp_path_factory.mktemp("refusals")

    def describe(case: str) -> tuple[Sequence[str], dict[str, str]]:
        process, changes, _ = CASES[case]
        return build_command(process, folder), build_environment(module_env, changes)

    def run_from_nothing(case: str) -> "subprocess.CompletedProcess[str]":
        command, env = describe(case)
        return subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True, timeout=90, check=False)

    def run_warm(case: str) -> "subprocess.CompletedProcess[str]":
        command, env = describe(case)
        return warm.run(command, env=env, cwd=folder)

    first = {process: case for case, (process, *_) in reversed(CASES.items())}.values()
    with ThreadPoolExecutor(2) as pool:
        ended = dict(zip(first, pool.map(run_from_nothing, first), strict=True))
    ended |= {case: run_warm(case) for case in CASES if case not in ended}
    return {case: (done.returncode, done.stdout + done.stderr) for case, done in ended.items()}


@pytest.mark.parametrize("case", CASES)
def test_refuses_and_says_why(case: str, refusals: dict[str, tuple[int, str]]) -> None:
    code, said = refusals[case]
    assert code != 0
    for word in CASES[case][2]:
        assert word in said
    values = [value for value in CASES[case][1].values() if value and "change-me" not in value]
    assert [value for value in values if value in said] == []


def test_debug_takes_webhooks_without_a_secret(module_env: dict[str, str], tmp_path: Path, module_database_url: str) -> None:
    environment = build_environment(module_env, {"ALTEGIO_WEBHOOK_SECRET": None, "SECRET_KEY": None, "DEBUG": "true"})
    stack = Stack(tmp_path, environment, workers=0, beats=0)
    try:
        stack.start_all()
        assert stack.post({"event": "freeze"}, secret="").status_code == 200
        assert stack.post({"event": "freeze"}, secret="whatever").status_code == 200
    finally:
        stack.close()


def test_a_bare_environment_names_what_is_missing_without_a_traceback_of_secrets(tmp_path: Path) -> None:
    done = subprocess.run(
        api_command(find_free_port()),
        env=base_environment(),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "ALTEGIO_WEBHOOK_SECRET is not set" in done.stdout + done.stderr


@pytest.mark.parametrize("command", ["worker", "beat", "flower"])
def test_a_celery_process_carries_neither_a_terminals_colours_nor_anothers_web_server(
    module_env: dict[str, str], tmp_path: Path, command: str
) -> None:
    """Flower's command is there, as its name; `celery -A worker flower` itself is tested in test_flower.

    As in the image, where our commands lie in a folder before Flower's: among those of one folder it is chance.
    """
    (ours,) = Path(sysconfig.get_path("purelib")).glob("altegio_webkassa-*.dist-info")
    copytree(ours, tmp_path / ours.name)
    code = f"""
import sys
sys.argv = ["celery", "-A", "worker", "{command}"]
import celery.bin.celery as cli
import worker.entry.tasks
print(*sorted(cli.celery.commands), *({{"rich", "tornado"}} & sys.modules.keys()))
"""
    said = run_python({**module_env, "PYTHONPATH": str(tmp_path)}, code).split()
    assert {"flower", "receipts"} <= set(said)
    assert {"rich", "tornado"} & set(said) == ({"tornado"} if command == "flower" else set())


def test_the_api_carries_no_terminals_colours(module_env: dict[str, str]) -> None:
    assert run_python(module_env, "import sys, api.main; print('rich' in sys.modules)").split() == ["False"]


def run_python(environment: Mapping[str, str], code: str) -> str:
    command = [sys.executable, "-c", code]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=True).stdout
