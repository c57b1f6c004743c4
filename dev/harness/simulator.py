"""The simulator of Webkassa as a process, and a client of its control API."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dev.demo.children import simulator_command
from dev.demo.state import Secrets
from dev.demo.waiting import WaitTimeout, wait_until
from dev.harness.control import Control, Row

# Beside the environment's own, for salons of a chain.
MORE_CASHBOXES = ("SWK00000002", "SWK00000003")


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

    def expire_tokens(self) -> None:
        self._call("POST", "tokens/expire")

    def revoke_tokens(self) -> None:
        self._call("POST", "tokens/revoke")
