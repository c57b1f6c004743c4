"""Flower, started as compose and the demo start it: it shows the tasks of a run to those who have the password."""

import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from dev.demo.children import FLOWER_OPTIONS, FLOWER_USER, ROOT, flower_command
from dev.demo.state import Secrets
from dev.demo.waiting import find_free_port
from dev.demo.web import answers, request
from dev.harness.child import Child
from shared.clock import ALMATY
from tests.support.payloads import visit
from tests.support.stack import Stack


class Flower:
    def __init__(self, service: Stack, secrets: Secrets, folder: Path) -> None:
        self.port = find_free_port()
        self.auth = (FLOWER_USER, secrets.flower_password)
        environment = {**service.environment, "FLOWER_BASIC_AUTH": ":".join(self.auth)}
        health = f"http://127.0.0.1:{self.port}/flower/healthcheck"
        self.process = Child(
            "flower", flower_command(self.port, folder / "flower.db"), environment, folder, lambda _: answers(health)
        )

    def get(self, path: str, auth: tuple[str, str] | None = None) -> requests.Response:
        return request("GET", f"http://127.0.0.1:{self.port}/flower{path}", auth=auth or self.auth)

    def list_tasks(self) -> list[dict[str, Any]]:
        return list(self.get("/api/tasks").json().values())


@pytest.fixture
def flower(stack: Callable[..., Stack], secrets: Secrets, tmp_path: Path) -> Iterator[tuple[Flower, Stack]]:
    service = stack(beat=False)
    flower = Flower(service, secrets, tmp_path)
    try:
        flower.process.start()
        yield flower, service
    finally:
        flower.process.kill()


def find_run(flower: Flower, row_id: int) -> dict[str, Any] | None:
    """The task that decided this row and issued its receipt, once Flower knows how it ended."""
    for task in flower.list_tasks():
        if (task["name"] or "").endswith("process_record") and task["args"] in (f"[{row_id}]", f"({row_id},)"):
            return task if task["state"] == "SUCCESS" else None
    return None


def test_the_tasks_of_a_run_are_shown_and_survive_a_restart(flower: tuple[Flower, Stack]) -> None:
    page, service = flower
    client = {"name": "Небывальщина", "phone": "+77015550142"}
    # Flower turns events on when it starts and every few seconds; what ran before that it cannot know.
    numbers = iter(range(1, 1000))

    def post_one() -> dict[str, Any] | None:
        row_id = service.post(visit(next(numbers), client=client)).json()["record_id"]
        service.wait_for_state(row_id, "processed")
        return find_run(page, row_id)

    task = service.wait_for(post_one, timeout=40, what="a task in Flower")
    assert task["worker"].startswith("worker@")
    assert task["runtime"] > 0

    shown = page.get("/tasks").text + json.dumps(page.list_tasks(), ensure_ascii=False)
    assert "Небывальщина" not in shown
    assert "7015550142" not in shown
    assert service.environment["WEBKASSA_PASSWORD"] not in shown
    assert_clock_is_right(page)

    page.process.stop()
    page.process.start()
    assert task["uuid"] in {known["uuid"] for known in page.list_tasks()}


def assert_clock_is_right(page: Flower) -> None:
    """Its script counts by a table of zones of its own, which has Almaty an hour ahead."""
    shown = page.get("/tasks").text
    (zone,) = re.findall(r'value="time-([^"]+)"', shown)
    (script,) = re.findall(r'src="/flower(/static/js/moment-timezone[^"]+)"', shown)
    (offset,) = re.findall(rf'"{re.escape(zone)}\|\+05\|(-?[0-9]+)\|0\|\|"', page.get(script).text)
    hours = datetime.now(ALMATY).utcoffset()
    assert hours is not None
    # In minutes, written to the base of sixty, west of Greenwich.
    assert (offset, hours.total_seconds()) == ("-50", 5 * 3600)


def test_nothing_is_shown_without_the_password(flower: tuple[Flower, Stack]) -> None:
    page, _ = flower
    for path in ("/", "/tasks", "/workers", "/broker", "/api/tasks", "/api/workers", "/api/queues/length"):
        for auth in (("", ""), (FLOWER_USER, "guess"), ("admin", page.auth[1])):
            assert page.get(path, auth=auth).status_code == 401, path


def test_compose_starts_it_with_the_same_options() -> None:
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    assert set(FLOWER_OPTIONS) <= set(compose["services"]["flower"]["command"])
