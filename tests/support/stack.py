"""The running service, and a client that talks to its API."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import requests

from dev.demo.waiting import wait_until
from dev.demo.web import request
from dev.harness import stack
from dev.harness.child import start_together

T = TypeVar("T")


class Stack(stack.Stack):
    def start_all(self) -> None:
        start_together(self.children.values())

    def stop(self, name: str) -> None:
        self.children[name].stop()

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
        secret = self.secret if secret is None else secret
        path = f"/api/webhook/{secret}" if secret else "/api/webhook"
        sent = {"Content-Type": "application/json", **(headers or {})}
        return request("POST", self.api_url + path, data=raw, headers=sent, timeout=timeout)

    def get(self, path: str, **options: Any) -> requests.Response:
        return request("GET", self.api_url + path, **options)

    def status(self, number: int) -> dict[str, Any]:
        """By our id or Altegio's resource_id."""
        response = self.get(f"/api/webhook/status/{number}", headers={"X-Webhook-Secret": self.secret})
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
