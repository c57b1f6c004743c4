"""What the service says about itself: metrics of every process, and log lines that can be followed from end to end."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from dev.demo.children import ROOT
from dev.demo.waiting import find_free_port
from dev.demo.web import request
from dev.harness.simulator import SimulatorControl
from tests.support.payloads import visit
from tests.support.stack import Stack

MONITORING = ROOT / "docs" / "monitoring"
# Of PromQL and of Prometheus itself.
FOREIGN = {"up"}
WORDS = {"sum", "by", "rate", "histogram_quantile", "and", "on", "le"}


@pytest.fixture
def service(stack: Callable[..., Stack], tmp_path: Path) -> Stack:
    return stack(env={"WORKER_METRICS_PORT": str(find_free_port()), "LOG_DIR": str(tmp_path / "logs")})


def read_worker_metrics(service: Stack) -> str:
    return request("GET", f"http://127.0.0.1:{service.environment['WORKER_METRICS_PORT']}/metrics").text


def find_value(text: str, name: str, **labels: str) -> float | None:
    for line in text.splitlines():
        match = re.match(rf"{name}(?:{{(.*)}})? (\S+)$", line)
        if match and labels.items() <= dict(re.findall(r'(\w+)="([^"]*)"', match[1] or "")).items():
            return float(match[2])
    return None


def test_a_receipt_is_seen_in_the_metrics_of_both_processes(service: Stack, simulator: SimulatorControl) -> None:
    began_at = time.monotonic()
    simulator.fault(operation="check", kind="code", code=8)
    service.post(visit(1))
    service.wait_for_state(1, "dead_lettered")
    service.post(visit(2))
    service.wait_for_state(2, "processed")
    service.post(visit(3), secret="guessed")

    api, worker = service.get("/metrics").text, read_worker_metrics(service)

    assert find_value(api, "webhooks_total", resource="record", outcome="received") == 2
    assert find_value(api, "webhooks_total", resource="none", outcome="bad_secret") == 1
    assert find_value(api, "dead_letters") == 1
    assert find_value(api, "receipts_last_day", kind="sale", state="issued") == 1
    assert find_value(api, "receipts_last_day", kind="sale", state="rejected") == 1
    assert find_value(api, "webkassa_calls_last_hour", call="check", outcome="issued") == 1
    # The register keeps its time in whole minutes.
    age = find_value(api, "cashbox_shift_age_seconds", cashbox="SWK00000001")
    assert age is not None
    assert age <= time.monotonic() - began_at + 60
    assert find_value(api, "store_up", store="database") == find_value(api, "store_up", store="broker") == 1
    assert find_value(api, "queue_messages", queue="records") == 0
    assert find_value(worker, "receipts_total", outcome="issued") == 1
    assert find_value(worker, "receipts_total", outcome="dead") == 1
    assert find_value(worker, "receipt_attempts_sum", kind="sale") == 1
    assert find_value(worker, "webkassa_seconds_count", call="check", code="ok") == 1
    assert find_value(worker, "webkassa_seconds_count", call="check", code="8") == 1
    check_names(api + worker)


def check_names(exported: str) -> None:
    """Every metric a rule or a panel asks for is one that the processes tell."""
    # A gauge of rows that do not exist at the moment has a type and no value.
    known = set(re.findall(r"^(?:# TYPE )?(\w+)", exported, re.MULTILINE)) | FOREIGN
    for expression in read_expressions():
        without_texts = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^]]*\]|\b(?:by|on) \([^)]*\)', "", expression)
        asked = set(re.findall(r"[a-z_]{2,}", without_texts)) - WORDS
        assert asked, expression
        assert asked <= known, expression


def read_expressions() -> list[str]:
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text("utf-8"))
    dashboard = json.loads((MONITORING / "dashboard.json").read_text("utf-8"))
    asked = [rule["expr"] for group in rules["groups"] for rule in group["rules"]]
    return asked + [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]


def test_one_request_can_be_followed_through_every_line(service: Stack, simulator: SimulatorControl, tmp_path: Path) -> None:
    simulator.fault(operation="check", kind="code", code=8)
    row_id = service.post(visit(11), headers={"X-Request-ID": "follow-me"}).json()["record_id"]
    service.wait_for_state(11, "dead_lettered")

    api, worker = (read_lines(service.children[name].log) for name in ("api", "worker"))

    mine = [line for line in api + worker if line.get("request_id") == "follow-me"]
    assert {line["event"] for line in mine} >= {"webhook", "decided", "webkassa call", "attempt failed", "dead letter"}
    calls = [line for line in worker if line["event"] == "webkassa call" and line["call"] == "check"]
    assert [(line["record_id"], line["request_id"], line["code"]) for line in calls] == [(row_id, "follow-me", "8")]
    assert calls[0]["receipt_id"]
    kept = read_lines(tmp_path / "logs" / "errors.log")
    assert {"dead letter"} <= {line["event"] for line in kept}
    assert {line["level"] for line in kept} <= {"error", "critical"}


def read_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.startswith("{")]
