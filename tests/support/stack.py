"""The real service for acceptance tests: uvicorn, Celery workers and beat as processes that can be hurt."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import requests

from dev.demo.children import api_command, beat_command, worker_command
from dev.demo.waiting import find_free_port, wait_until
from tests.support.child import Child
from tests.support.web import answers, request

T = TypeVar("T")


class Stack:
    """Names: `api`, `beat`, `worker`, and `worker-2`, `worker-3`, ... when there are several."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *, workers: int = 1, beat: bool = True) -> None:
        self.environment = MappingProxyType(dict(environment))
        self.api_port = find_free_port()
        self.api_url = f"http://127.0.0.1:{self.api_port}"
        self.children: dict[str, Child] = {}
        self._folder = folder
        self._add("api", api_command(self.api_port), lambda _: answers(f"{self.api_url}/health"))
        for number in range(1, workers + 1):
            name = "worker" if number == 1 else f"worker-{number}"
            # The words Celery says once it consumes; kept apart by the name in front of them.
            self._add(name, worker_command(name, concurrency=4), lambda text: " ready." in text)
        if beat:
            self._add("beat", beat_command(folder / "beat-schedule"), lambda text: "is starting." in text)

    def start_all(self) -> None:
        """All at once, then waits for each: in turn it would take three times as long."""
        for child in self.children.values():
            child.spawn()
        for child in self.children.values():
            child.await_ready()

    def start(self, name: str, environment: Mapping[str, str] | None = None) -> None:
        """Returns when it is ready; `environment` is added to what it had."""
        self.children[name].start(environment)

    def stop(self, name: str) -> None:
        self.children[name].stop()

    def kill(self, name: str) -> None:
        self.children[name].kill()

    def pause(self, name: str) -> None:
        self.children[name].pause()

    def resume(self, name: str) -> None:
        self.children[name].resume()

    def post(
        self,
        payload: Any,
        *,
        secret: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = 10.0,
    ) -> requests.Response:
        """Bytes go as they are, anything else as JSON. Without `secret` the right one is used; "" leaves it out."""
        raw = payload if isinstance(payload, bytes) else json.dumps(payload, ensure_ascii=False).encode()
        if secret is None:
            secret = self.environment["ALTEGIO_WEBHOOK_SECRET"].split(",")[0]
        path = f"/api/webhook/{secret}" if secret else "/api/webhook"
        sent = {"Content-Type": "application/json", **(headers or {})}
        return request("POST", self.api_url + path, data=raw, headers=sent, timeout=timeout)

    def get(self, path: str, **options: Any) -> requests.Response:
        return request("GET", self.api_url + path, **options)

    def status(self, number: int) -> dict[str, Any]:
        """By our id or Altegio's resource_id."""
        response = self.get(f"/api/webhook/status/{number}")
        assert response.status_code == 200, f"status of {number}: {response.status_code} {response.text}"
        return dict(response.json())

    def wait_for(self, predicate: Callable[[], T | None], timeout: float = 30.0, what: str = "a condition") -> T:
        """Returns the first true value; raises WaitTimeout."""
        return wait_until(predicate, timeout=timeout, what=what)

    def wait_for_state(self, number: int, *states: str, timeout: float = 30.0) -> dict[str, Any]:
        """The status once its state is one of these."""

        def look() -> dict[str, Any] | None:
            status = self.status(number)
            return status if status["state"] in states else None

        return self.wait_for(look, timeout, f"delivery {number} to be {' or '.join(states)}")

    @property
    def logs(self) -> dict[str, str]:
        return {name: child.tail() for name, child in self.children.items()}

    def close(self) -> None:
        """Ends everything at once. Killing is enough: nothing here may need a goodbye."""
        for child in self.children.values():
            child.kill()

    def _add(self, name: str, command: Iterable[str], is_ready: Callable[[str], bool]) -> None:
        self.children[name] = Child(name, tuple(command), self.environment, self._folder, is_ready)
