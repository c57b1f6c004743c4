"""The simulated Webkassa seen from outside: its ledger, its journal, and the faults it is told to have."""

from datetime import datetime
from typing import Any

import requests

from dev.demo.waiting import WaitTimeout, wait_until

Row = dict[str, Any]


class Register:
    def __init__(self, url: str) -> None:
        self.url = url
        self.host = url.removeprefix("http://")

    def receipts(self) -> list[Row]:
        return list(self._call("GET", "receipts"))

    def journal(self, operation: str = "check") -> list[Row]:
        """Every call of that kind, oldest first; `outcome` is None while it is at work."""
        return list(self._call("GET", f"journal?operation={operation}"))

    def count_overlaps(self) -> int:
        return int(self._call("GET", "state")["overlaps"])

    def order(self, **fault: Any) -> int:
        return int(self._call("POST", "faults", fault)["id"])

    def count_hits(self, fault_id: int) -> int:
        """-1 for an order that was cleared."""
        return next((int(one["hits"]) for one in self._call("GET", "faults") if one["id"] == fault_id), -1)

    def await_hits(self, fault_id: int, times: int, timeout: float) -> bool:
        try:
            wait_until(lambda: self.count_hits(fault_id) >= times, timeout=timeout, what="the fault to hit")
        except WaitTimeout:
            return False
        return True

    def clear_faults(self) -> None:
        self._call("DELETE", "faults")

    def change(self, **settings: Any) -> None:
        self._call("POST", "settings", settings)

    def advance_clock(self, seconds: float) -> None:
        self._call("POST", "clock", {"advance_seconds": seconds})

    def set_clock(self, moment: datetime) -> None:
        self._call("POST", "clock", {"set": moment.isoformat()})

    def expire_tokens(self) -> None:
        self._call("POST", "tokens/expire")

    def revoke_tokens(self) -> None:
        self._call("POST", "tokens/revoke")

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        # A connection of its own each time, so that threads may call freely.
        with requests.Session() as session:
            session.trust_env = False
            answer = session.request(method, f"{self.url}/_sim/{path}", json=body, timeout=20)
        if answer.status_code != 200:
            raise ValueError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()
