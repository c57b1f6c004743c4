"""The simulator of Webkassa as a process, and a client of its control API."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dev.demo.children import base_environment, simulator_command
from dev.demo.state import Secrets
from dev.demo.waiting import WaitTimeout, wait_until
from dev.harness.child import Child
from dev.harness.web import call

Row = dict[str, Any]

# Beside the environment's own, for salons of a chain.
MORE_CASHBOXES = ("SWK00000002", "SWK00000003")


class SimulatorControl:
    """Looks into the simulator and arranges what it does next. Amounts in the ledger are texts with two decimals."""

    def __init__(
        self,
        port: int,
        secrets: Secrets,
        folder: Path,
        cashboxes: Iterable[str] = (),
        *,
        latency_ms: float = 0,
        keeps_ledger: bool = True,
    ) -> None:
        """`cashboxes`: beside the environment's own. `keeps_ledger`: on the disk, for its next start."""
        self.port, self.host = port, f"127.0.0.1:{port}"
        self.url = f"http://{self.host}"
        self.secrets = secrets
        command = [*simulator_command(port, secrets, folder / "webkassa-ledger"), f"--latency-ms={latency_ms:g}"]
        command = [part for part in command if keeps_ledger or not part.startswith("--state-file=")]
        command += [f"--cashbox={number}" for number in cashboxes]
        self.process = Child("webkassa", command, base_environment(), folder, lambda text: "simulator on" in text)

    def receipts(self, external: str | None = None) -> list[Row]:
        """The oracle: what the tax office would know."""
        query = {"external": external} if external else None
        return list(self._call("GET", "receipts", params=query))

    def journal(self, operation: str | None = None) -> list[Row]:
        """Every call received, secrets masked, oldest first; `outcome` is None while it is at work."""
        query = {"operation": operation} if operation else None
        return list(self._call("GET", "journal", params=query))

    def state(self) -> Row:
        return dict(self._call("GET", "state"))

    def count_overlaps(self) -> int:
        return int(self.state()["overlaps"])

    def fault(self, **order: Any) -> int:
        """As in `fault(operation="check", kind="drop", when="after", times=1)`; returns its id."""
        return int(self._call("POST", "faults", json=order)["id"])

    def faults(self) -> list[Row]:
        return list(self._call("GET", "faults"))

    def count_hits(self, fault_id: int) -> int:
        """-1 for an order that was cleared."""
        return next((int(one["hits"]) for one in self.faults() if one["id"] == fault_id), -1)

    def await_hits(self, fault_id: int, times: int, timeout: float) -> bool:
        try:
            wait_until(lambda: self.count_hits(fault_id) >= times, timeout=timeout, what="the fault to hit")
        except WaitTimeout:
            return False
        return True

    def clear_faults(self) -> None:
        """A call that one of them holds goes on."""
        self._call("DELETE", "faults")

    def settings(self, **changes: Any) -> Row:
        return dict(self._call("POST", "settings", json=changes))

    def clock(self, **move: Any) -> Row:
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
        return call(method, f"{self.url}/_sim/{path}", **options)
