"""The service as real processes that can be hurt: uvicorn, Celery workers and beats over one environment."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import requests

from dev.demo.children import api_command, beat_command, worker_command
from dev.demo.waiting import find_free_port, wait_until
from dev.harness.child import Child, start_together
from dev.harness.web import answers, request

T = TypeVar("T")


class Stack:
    """Names: `api`, `beat`, `worker`, and `worker-2`, `beat-2`, ... when there are several."""

    def __init__(self, folder: Path, environment: Mapping[str, str], *, workers: int = 1, beats: int = 1) -> None:
        self.environment = MappingProxyType(dict(environment))
        self.api_port = find_free_port()
        self.api_url = f"http://127.0.0.1:{self.api_port}"
        self.children: dict[str, Child] = {}
        self._folder = folder
        self.add("api", api_command(self.api_port), lambda _: answers(f"{self.api_url}/health"))
        for name in _number("worker", workers):
            self.add_worker(name)
        for name in _number("beat", beats):
            self.add_beat(name)

    def add(
        self, name: str, command: Sequence[str], is_ready: Callable[[str], bool], extra: Mapping[str, str] | None = None
    ) -> Child:
        """Not started yet. `extra` is added to the environment of all."""
        self.children[name] = Child(name, command, {**self.environment, **(extra or {})}, self._folder, is_ready)
        return self.children[name]

    def add_worker(self, name: str, slots: int = 4) -> Child:
        # The words Celery says once it consumes; kept apart by the name in front of them.
        return self.add(name, worker_command(name, concurrency=slots), lambda said: " ready." in said)

    def add_beat(self, name: str = "beat") -> Child:
        return self.add(name, beat_command(self._folder / f"{name}-schedule"), lambda said: "is starting." in said)

    def find(self, kind: str) -> list[Child]:
        """All of the workers, or all of the beats."""
        return [child for name, child in self.children.items() if name.partition("-")[0] == kind]

    def start_all(self) -> None:
        start_together(self.children.values())

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

    @property
    def secret(self) -> str:
        return self.environment["ALTEGIO_WEBHOOK_SECRET"].split(",")[0]

    @property
    def webhook_url(self) -> str:
        return f"{self.api_url}/api/webhook/{self.secret}"

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
        secret = self.secret if secret is None else secret
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


def _number(kind: str, count: int) -> list[str]:
    return [kind if number == 1 else f"{kind}-{number}" for number in range(1, count + 1)]
