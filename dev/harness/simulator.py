"""Simulators as processes, and a client of the control API of each; here that of Webkassa, see `altegio` for the other."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from dev.demo.children import base_environment, simulator_command
from dev.demo.state import Secrets
from dev.demo.waiting import WaitTimeout, wait_until
from dev.demo.web import call
from dev.harness.child import Child

Row = dict[str, Any]

# Beside the environment's own, for salons of a chain.
MORE_CASHBOXES = ("SWK00000002", "SWK00000003")


class Control:
    """A simulator as a process, and what every simulator's control API offers."""

    def __init__(self, name: str, command: Sequence[str], port: int, folder: Path) -> None:
        self.port, self.host = port, f"127.0.0.1:{port}"
        self.url = f"http://{self.host}"
        self.process = Child(name, command, base_environment(), folder, lambda said: "simulator on" in said)

    def journal(self, operation: str | None = None) -> list[Row]:
        """Every call received, secrets masked, oldest first; `outcome` is None while it is at work."""
        return list(self._call("GET", "journal", params={"operation": operation} if operation else None))

    def state(self) -> Row:
        return dict(self._call("GET", "state"))

    def fault(self, **order: Any) -> int:
        """As in `fault(operation="check", kind="drop", when="after", times=1)`; returns its id."""
        return int(self._call("POST", "faults", json=order)["id"])

    def clear_faults(self) -> None:
        """A call that one of them holds goes on."""
        self._call("DELETE", "faults")

    def settings(self, **changes: Any) -> Row:
        return dict(self._call("POST", "settings", json=changes))

    def reset(self) -> None:
        """As newly started, with nothing remembered."""
        self._call("POST", "reset")

    def renew(self) -> None:
        """Running and reset, whatever was done to the process."""
        if self.process.running:
            self.process.resume()
        self.process.start()
        self.reset()

    def _call(self, method: str, path: str, **options: Any) -> Any:
        return call(method, f"{self.url}/_sim/{path}", **options)


class SimulatorControl(Control):
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
        self.secrets = secrets
        command = [*simulator_command(port, secrets, folder / "webkassa-ledger"), f"--latency-ms={latency_ms:g}"]
        command = [part for part in command if keeps_ledger or not part.startswith("--state-file=")]
        command += [f"--cashbox={number}" for number in cashboxes]
        super().__init__("webkassa", command, port, folder)

    def receipts(self, external: str | None = None) -> list[Row]:
        """The oracle: what the tax office would know."""
        return list(self._call("GET", "receipts", params={"external": external} if external else None))

    def count_overlaps(self) -> int:
        return int(self.state()["overlaps"])

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

    def clock(self, **move: Any) -> Row:
        """`advance_seconds=`, `set=` (ISO time), `rate=` or `reset=True`."""
        return dict(self._call("POST", "clock", json=move))

    def register_anew(self, cashbox: str) -> str:
        """Returns its new registration number; shifts and their numbers begin at 1 again."""
        return str(self._call("POST", "cashboxes/register", json={"cashbox": cashbox})["registration_number"])

    def expire_tokens(self) -> None:
        self._call("POST", "tokens/expire")

    def revoke_tokens(self) -> None:
        self._call("POST", "tokens/revoke")
