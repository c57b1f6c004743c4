"""The documentation does what it says: every command in it is run where that can be done, and checked where it cannot."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.demo.children import ROOT
from tests.support.echo import run_echo
from tests.support.effort import IS_THOROUGH
from tests.support.operator import Operator
from tests.support.payloads import visit
from tests.support.stack import Stack
from tests.support.warm import start as warm

DOCUMENTS = ["README.md", "README.ru.md", "docs/runbook.md", "docs/reliability.md", "SECURITY.md"]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
# Subcommands of `docker compose` that name services, and their options that take a value.
SERVICE_COMMANDS = {"up", "ps", "logs", "exec", "run", "restart", "stop", "cp", "build"}
OPTIONS_WITH_VALUE = {"--tail", "--since", "--scale", "--profile"}
# The machine's own programs: only that the shell can read the line.
SYSTEM = {"git", "cp", "chmod", "apt-get", "ufw", "openssl", "pip", "df", "docker"}
# Processes that stay: started in the same words by tests/support/deployment.py and stack.py.
STAYING = ("celery -A worker worker", "celery -A worker beat", "celery -A worker flower", "uvicorn api.main:app")


def list_commands() -> Iterator[tuple[str, str]]:
    """Document and command, comments taken off, lines joined that go on."""
    for name in DOCUMENTS:
        text = (ROOT / name).read_text("utf-8")
        for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
            joined = re.sub(r"\\\n", " ", block)
            if "'{" in joined:  # one command over several lines
                yield name, joined.strip()
                continue
            for line in joined.splitlines():
                command = re.sub(r"\s+# .*$", "", line).strip()
                if command:
                    yield name, command
        for command in re.findall(r"\| `((?:docker compose|celery) [^`]+)` \|", text):
            yield name, command


COMMANDS = sorted(set(list_commands()))
_run_from_nothing: set[tuple[str, ...]] = set()


def of_kind(*kinds: str) -> list[Any]:
    return [pytest.param(command, id=f"{name}: {command[:60]}") for name, command in COMMANDS if find_kind(command) in kinds]


def find_kind(command: str) -> str:
    bare = re.sub(r"^docker compose exec (-T )?(worker|api) ", "", command)
    if bare.startswith(STAYING) or bare == "alembic upgrade head":
        return "staying"
    if bare.startswith("celery -A worker "):
        return "celery"
    if bare.startswith("python -m "):
        return "python"
    if bare.startswith("docker compose "):
        return "compose"
    if bare.startswith("make"):
        return "make"
    if bare.startswith("curl "):
        return "curl"
    if bare.startswith("sh "):
        return "script"
    return "system" if bare.split()[0] in SYSTEM else "unknown"


@pytest.fixture(scope="module")
def documented(module_stack: Stack) -> Stack:
    """Rows with the numbers that stand in the documents."""
    module_stack.post([visit(number) for number in range(9801, 9821)])
    module_stack.wait_for_state(17, "processed", timeout=60)
    added = Operator(module_stack).run("add", "--company=307627", "--cashbox=SWK00000002", group="cashboxes")
    assert added[0] == 0, added[1]
    return module_stack


def test_every_command_is_of_a_kind_that_is_checked() -> None:
    assert [command for _, command in COMMANDS if find_kind(command) == "unknown"] == []
    assert len(COMMANDS) > 50


@pytest.mark.parametrize("command", [pytest.param(text, id=text[:60]) for _, text in COMMANDS])
def test_the_shell_can_read_it(command: str) -> None:
    done = subprocess.run(["sh", "-n"], input=command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.thorough
@pytest.mark.parametrize("command", sorted({param.values[0] for param in of_kind("celery")}))
def test_commands_of_operators_work(documented: Stack, command: str) -> None:
    words = shlex.split(command.partition("celery ")[2])
    if words[2:4] == ["cashboxes", "add"]:
        words.append("--help")
    with run_echo() as somebody_to_tell:
        done = run(documented, ["-m", "celery", *words], ALERT_URLS=f"json://{somebody_to_tell.address}")
    # `check` and `doctor` end with 1 for what they find; here they find nothing.
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", sorted({param.values[0] for param in of_kind("python")}))
def test_accounts_are_made(documented: Stack, command: str) -> None:
    words = shlex.split(command)[1:]
    done = run(documented, [*words, "--password-stdin"], said="right horse battery\n")
    assert done.returncode == 0, done.stderr


def run(service: Stack, words: list[str], said: str = "", **changes: str) -> "subprocess.CompletedProcess[str]":
    """The first from nothing, as it will be typed, in the thorough form one of each group; the others from an
    interpreter that is warm."""
    command = [sys.executable, *words]
    environment, folder = {**service.environment, **changes}, Path(service.children["api"].log).parent
    group = tuple(words[: 5 if IS_THOROUGH else 2])
    if group in _run_from_nothing:
        return warm.run(command, env=environment, cwd=folder, said=said)
    _run_from_nothing.add(group)
    return subprocess.run(
        command, env=environment, cwd=folder, input=said, capture_output=True, text=True, timeout=90, check=False
    )


@pytest.mark.parametrize("command", of_kind("compose"))
def test_services_and_files_named_to_compose_exist(command: str) -> None:
    words = iter(shlex.split(command)[2:])
    named: list[str] = []
    for word in words:
        if word in OPTIONS_WITH_VALUE:
            value = next(words)
            if word == "--scale":
                assert value.partition("=")[0] in COMPOSE["services"]
        elif not word.startswith("-"):
            named.append(word)
    subcommand, *rest = named
    assert subcommand in SERVICE_COMMANDS
    # What follows the service of `exec` and `run` is that container's own.
    services = (
        rest[:1] if subcommand in ("exec", "run") else [word.partition(":")[0] for word in rest if not word.startswith(".")]
    )
    assert set(services) <= set(COMPOSE["services"])
    for script in re.findall(r"/backup/(\w+\.sh)", command):
        assert (ROOT / "worker" / "entry" / "scripts" / script).exists()


@pytest.mark.parametrize("command", of_kind("make"))
def test_targets_exist(command: str) -> None:
    words = [word for word in shlex.split(command) if not re.match(r"^\w+=", word)]
    done = subprocess.run([*words, "--dry-run"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", of_kind("script"))
def test_scripts_exist(command: str) -> None:
    assert (ROOT / shlex.split(command)[1]).exists()


@pytest.mark.parametrize("command", of_kind("curl"))
def test_addresses_answer(documented: Stack, command: str) -> None:
    if "webhook-url" in command:
        body = re.search(r"-d '(.*)'", command, re.DOTALL)
        assert body is not None
        assert documented.post(body[1].encode()).status_code == 200
        return
    address = re.search(r"https://[^/]+(/\S*)", command)
    assert address is not None
    assert documented.get(address[1]).status_code == 200


def test_every_alert_has_its_page() -> None:
    rules = yaml.safe_load((ROOT / "docs" / "monitoring" / "alerts.yml").read_text("utf-8"))
    headings = set(re.findall(r"^## (\w+)$", (ROOT / "docs" / "runbook.md").read_text("utf-8"), re.MULTILINE))
    assert {rule["alert"] for group in rules["groups"] for rule in group["rules"]} <= headings


@pytest.mark.parametrize("name", [*DOCUMENTS, "docs/architecture.md"])
def test_links_lead_somewhere(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    folder = (ROOT / name).parent
    links = [link for link in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text) if not link.startswith("http")]
    assert [link for link in links if not (folder / link).exists()] == []
    anchors = {
        re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    }
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors


def test_every_setting_is_in_the_example() -> None:
    from shared.config import Settings  # noqa: PLC0415 -- reads the environment

    example = (ROOT / ".env.example").read_text("utf-8")
    assert [name for name in Settings.model_fields if not re.search(rf"^#? ?{name.upper()}=", example, re.MULTILINE)] == []
