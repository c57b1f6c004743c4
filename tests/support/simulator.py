"""The simulator of Webkassa as a process, and a client of its control API."""

from pathlib import Path
from typing import Any

import requests

from dev.demo.children import base_environment, simulator_command
from dev.demo.state import Secrets
from tests.support.child import Child
from tests.support.web import request

# Beside the environment's own, for salons of a chain.
MORE_CASHBOXES = ("SWK00000002", "SWK00000003")


class SimulatorControl:
    """Looks into the simulator and arranges what it does next. Amounts in the ledger are texts with two decimals."""

    def __init__(self, port: int, secrets: Secrets, folder: Path) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.secrets = secrets
        more = [f"--cashbox={number}" for number in MORE_CASHBOXES]
        command = [*simulator_command(port, secrets, folder / "webkassa-ledger"), *more]
        self.process = Child("webkassa", command, base_environment(), folder, lambda text: "simulator on" in text)

    def receipts(self, external: str | None = None) -> list[dict[str, Any]]:
        """The oracle: what the tax office would know."""
        query = {"external": external} if external else None
        return list(self._call("GET", "receipts", params=query))

    def journal(self, operation: str | None = None) -> list[dict[str, Any]]:
        """Every call received, secrets masked, oldest first."""
        query = {"operation": operation} if operation else None
        return list(self._call("GET", "journal", params=query))

    def state(self) -> dict[str, Any]:
        return dict(self._call("GET", "state"))

    def fault(self, **order: Any) -> int:
        """As in `fault(operation="check", kind="drop", when="after", times=1)`; returns its id."""
        return int(self._call("POST", "faults", json=order)["id"])

    def faults(self) -> list[dict[str, Any]]:
        return list(self._call("GET", "faults"))

    def clear_faults(self) -> None:
        """A call that one of them holds goes on."""
        self._call("DELETE", "faults")

    def settings(self, **changes: Any) -> dict[str, Any]:
        return dict(self._call("POST", "settings", json=changes))

    def clock(self, **move: Any) -> dict[str, Any]:
        """`advance_seconds=`, `set=` (ISO time), `rate=` or `reset=True`."""
        return dict(self._call("POST", "clock", json=move))

    def expire_tokens(self) -> None:
        self._call("POST", "tokens/expire")

    def revoke_tokens(self) -> None:
        self._call("POST", "tokens/revoke")

    def reset(self) -> None:
        """As newly started, ledger included."""
        self._call("POST", "reset")

    def _call(self, method: str, path: str, **options: Any) -> Any:
        response: requests.Response = request(method, f"{self.url}/_sim/{path}", **options)
        assert response.status_code == 200, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()
