"""`celery -A worker doctor`: quiet about a whole service, plain about a broken one."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text

from dev.demo.children import ROOT
from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from dev.demo.state import CASHBOX
from dev.demo.waiting import wait_until
from dev.harness.altegio import AltegioControl
from dev.harness.simulator import SimulatorControl
from tests.support.payloads import COMPANY, visit
from tests.support.stack import Stack
from tests.support.warm import start as warm


@pytest.fixture
def ledger(simulator_process: SimulatorControl) -> SimulatorControl:
    return simulator_process


def examine(environment: Mapping[str, str], folder: Path, **changes: str) -> tuple[int, dict[str, dict[str, Any]]]:
    """Exit code, and the worst finding of each name."""
    done = run(environment, folder, "--json", **changes)
    order = ["ok", "warning", "problem"]
    findings = sorted(json.loads(done.stdout), key=lambda finding: order.index(finding["level"]))
    return done.returncode, {finding["name"]: finding for finding in findings}


def run(environment: Mapping[str, str], folder: Path, *options: str, **changes: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "celery", "-A", "worker", "doctor", *options]
    return warm.run(command, env={**environment, **changes}, cwd=folder)


def find_problems(findings: Mapping[str, Mapping[str, Any]]) -> set[str]:
    return {name for name, finding in findings.items() if finding["level"] == "problem"}


def test_a_whole_service_is_well(service: Stack, ledger: SimulatorControl, tmp_path: Path) -> None:
    service.post(visit(8001))
    service.wait_for_state(8001, "processed")
    # A worker gives its first sign some seconds after it began.
    wait_until(lambda: examine(service.environment, tmp_path)[0] == 0, timeout=120, what="all to be well", poll=1)
    code, findings = examine(service.environment, tmp_path)
    assert (code, find_problems(findings)) == (0, set())
    assert findings[f"cashbox {CASHBOX}"]["level"] != "problem"
    assert findings["workers"]["said"].startswith("worker@")
    assert findings["migrations"]["level"] == findings["clock"]["level"] == findings["database"]["level"] == "ok"
    said = run(service.environment, tmp_path)
    assert (said.returncode, said.stderr) == (0, "")
    assert "ok       workers: worker@" in said.stdout
    assert "-> set ALERT_URLS" in said.stdout
    assert f"cashbox {CASHBOX}: licence ends on 2030-01-01" in said.stdout
    secrets = [value for name, value in service.environment.items() if re.search("PASSWORD|TOKEN|KEY|SECRET", name)]
    assert [secret for secret in secrets if secret in said.stdout] == []


def test_everything_that_is_down_is_named_once_with_what_to_do(
    service: Stack, ledger: SimulatorControl, postgres: Postgres, redis_server: Redis, tmp_path: Path
) -> None:
    environment = dict(service.environment)
    for server in (postgres, redis_server, ledger.process):
        server.kill()
    code, findings = examine(environment, tmp_path, WEBKASSA_PASSWORD="change-me")
    ledger.process.start()
    assert code == 1
    webkassa = next(name for name in findings if name.startswith("webkassa "))
    assert find_problems(findings) == {"settings of the worker", "database", "broker", webkassa}
    assert all(findings[name]["fix"] for name in find_problems(findings))
    assert "WEBKASSA_PASSWORD" in findings["settings of the worker"]["said"]


def test_what_stands_still_is_noticed(service: Stack, ledger: SimulatorControl, tmp_path: Path, postgres: Postgres) -> None:
    for name in ("worker", "beat"):
        service.stop(name)
    service.post(visit(8011))
    database = str(make_url(service.environment["DATABASE_URL"]).database)
    with postgres.connect(database) as connection:
        connection.execute(
            text(
                "UPDATE webhook_records SET created_at = now() - interval '1 hour', next_attempt_at = now() "
                "WHERE resource_id = 8011"
            )
        )
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    try:
        code, findings = examine(service.environment, tmp_path, WEBKASSA_PASSWORD="wrong-password")
        assert code == 1
        assert {"workers", "migrations"} <= find_problems(findings)
        assert "upgrade head" in findings["migrations"]["fix"]
        webkassa = next(finding for name, finding in findings.items() if name.startswith("webkassa "))
        assert "WEBKASSA_LOGIN" in webkassa["fix"]
    finally:
        with postgres.connect(database) as connection:
            head = max(path.name.split("_")[0] for path in (ROOT / "migrations" / "versions").glob("0*.py"))
            connection.execute(text("UPDATE alembic_version SET version_num = :head"), {"head": head})
    _, findings = examine(service.environment, tmp_path)
    assert findings["deliveries"]["level"] == "problem"
    # Created an hour before it is looked at, or a little more on a busy machine.
    assert re.search(r"\b(6\d|[7-9]\d) min", findings["deliveries"]["said"])


def test_altegio_is_asked_where_there_are_tokens(
    service: Stack, altegio: AltegioControl, tmp_path: Path, ledger: SimulatorControl
) -> None:
    changes = {**altegio.environment, "ALTEGIO_COMPANY_ID": str(COMPANY)}
    name = f"altegio salon {COMPANY}"
    altegio.open(urls=["https://receipts.example.kz/api/webhook/secret"])
    assert examine(service.environment, tmp_path, **changes)[1][name]["level"] == "ok"
    altegio.open(urls=["https://somebody.else/hook"])
    code, findings = examine(service.environment, tmp_path, **changes)
    assert (code, "our address is gone" in findings[name]["said"]) == (1, True)
    code, findings = examine(service.environment, tmp_path, **changes | {"ALTEGIO_USER_TOKEN": "another"})
    assert (code, "ALTEGIO_USER_TOKEN" in findings[name]["said"]) == (1, True)


def test_a_setting_that_cannot_be_read_is_named_without_its_value(service: Stack, tmp_path: Path) -> None:
    done = run(service.environment, tmp_path, WEBKASSA_VAT="secret-like")
    assert done.returncode == 1
    assert "WEBKASSA_VAT" in done.stderr
    assert "secret-like" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr
