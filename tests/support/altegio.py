"""The simulator of Altegio's REST as a process, and a client of its control API."""

import sys
from pathlib import Path
from typing import Any

import requests

from dev.demo.children import base_environment
from dev.demo.waiting import find_free_port
from tests.support.child import Child
from tests.support.payloads import COMPANY
from tests.support.web import request

PARTNER_TOKEN, USER_TOKEN = "partner-token-of-tests", "user-token-of-tests"
SERVICE_INCOME = {"id": 5, "title": "Оказание услуг", "type": 7}
GOODS_INCOME = {"id": 7, "title": "Продажа товаров", "type": 7}


class AltegioControl:
    """What Altegio knows, told by the envelopes of webhooks that may or may not arrive."""

    def __init__(self, folder: Path) -> None:
        port = find_free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-m", "dev.simulator.altegio.rest", f"--port={port}", "--no-limits"]
        command += [f"--partner-token={PARTNER_TOKEN}", f"--user-token={USER_TOKEN}"]
        self.process = Child("altegio", command, base_environment(), folder, lambda said: "simulator on" in said)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "ALTEGIO_API_URL": self.url,
            "ALTEGIO_PARTNER_TOKEN": PARTNER_TOKEN,
            "ALTEGIO_USER_TOKEN": USER_TOKEN,
        }

    def open(self, company: int = COMPANY, urls: list[str] | None = None) -> None:
        self._call("POST", "locations", json={"id": company, "urls": urls or []})

    def apply(self, *envelopes: dict[str, Any]) -> None:
        self._call("POST", "changes", json={"envelopes": list(envelopes)})

    def fault(self, **order: Any) -> None:
        self._call("POST", "faults", json=order)

    def clear_faults(self) -> None:
        self._call("DELETE", "faults")

    def settings(self, **changes: Any) -> None:
        self._call("POST", "settings", json=changes)

    def calls(self) -> list[str]:
        """Operations, oldest first."""
        return [entry["operation"] for entry in self._call("GET", "journal")]

    def reset(self) -> None:
        self._call("POST", "reset")

    def _call(self, method: str, path: str, **options: Any) -> Any:
        response: requests.Response = request(method, f"{self.url}/_sim/{path}", **options)
        assert response.status_code == 200, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()
