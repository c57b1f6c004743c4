"""`python -m dev.deploy.check`: the compose file, the Dockerfiles, the scripts and the nginx template, without an engine.

Exit code 1 when one of them is wrong. What could not be checked here is said, and is no failure.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.demo import processes
from dev.demo.children import ROOT
from dev.deploy.nginx import Configuration, Upstreams, fetch_nginx, find_nginx
from dev.deploy.tools import find_compose, find_tool, prepare_tools

COMPOSE_FILE = ROOT / "docker-compose.yml"
DOCKERFILES = ("Dockerfile.api", "Dockerfile.worker")
PROFILES = ("certbot", "backup", "demo")
SCRIPTS = (*ROOT.glob("worker/entry/scripts/*.sh"), *ROOT.glob("nginx/*.sh"))


@dataclass(frozen=True)
class Check:
    """`command` is None where its program is not to be had."""

    name: str
    command: Sequence[str] | None
    folder: Path = ROOT


def list_checks(folder: Path) -> Iterator[Check]:
    has_tools = prepare_tools()
    schema = [str(find_tool("check-jsonschema")), "--builtin-schema", "vendor.compose-spec", str(COMPOSE_FILE)]
    yield Check("compose file against its schema", schema if has_tools else None)
    yield Check("docker compose config", _build_compose_command(folder) if has_tools else None, folder)
    for name in DOCKERFILES:
        yield Check(f"hadolint {name}", [str(find_tool("hadolint")), name] if has_tools else None)
    for script in SCRIPTS:
        yield Check(f"sh -n {script.relative_to(ROOT)}", ["sh", "-n", str(script)])
    fetch_nginx()
    program = find_nginx()
    nginx = Configuration(folder / "nginx", Upstreams()).command(program, "-t") if program else None
    yield Check("nginx -t", nginx)


def _build_compose_command(folder: Path) -> list[str]:
    """As an operator has it after `cp .env.example .env`."""
    shutil.copy(COMPOSE_FILE, folder)
    shutil.copy(ROOT / ".env.example", folder / ".env")
    profiles = [word for profile in PROFILES for word in ("--profile", profile)]
    return [str(find_compose()), *profiles, "config", "--quiet"]


def run(check: Check) -> bool:
    if check.command is None:
        print(f"NOT CHECKED  {check.name}: its program could not be had here")
        return True
    done = processes.run(check.command, cwd=check.folder)
    print(f"{'ok' if done.returncode == 0 else 'WRONG':<12} {check.name}", flush=True)
    if done.returncode != 0:
        print(done.stdout + done.stderr)
    return done.returncode == 0


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="altegio-webkassa-deploy-") as temporary:
        results = [run(check) for check in list_checks(Path(temporary))]
    sys.exit(0 if all(results) else 1)
