"""The simulator of Altegio's REST as a process, and a client of its control API."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dev.demo.waiting import find_free_port
from dev.harness.simulator import Control

COMPANY = 307626
PARTNER_TOKEN, USER_TOKEN = "partner-token-of-tests", "user-token-of-tests"
TROUBLES = ("drop", "500", "html_502", "truncated", "refused_200")


class AltegioControl(Control):
    """What Altegio knows, told by the envelopes of webhooks that may or may not arrive."""

    def __init__(self, folder: Path, *flags: str) -> None:
        """`flags`: of the simulator's command line."""
        port = find_free_port()
        command = [sys.executable, "-m", "dev.simulator.altegio.rest", f"--port={port}", *flags]
        command += [f"--partner-token={PARTNER_TOKEN}", f"--user-token={USER_TOKEN}"]
        super().__init__("altegio", command, port, folder)

    @property
    def environment(self) -> dict[str, str]:
        tokens = {"ALTEGIO_PARTNER_TOKEN": PARTNER_TOKEN, "ALTEGIO_USER_TOKEN": USER_TOKEN}
        return {"ALTEGIO_API_URL": self.url, **tokens}

    def open(self, company: int = COMPANY, urls: Sequence[str] = (), **more: Any) -> None:
        """A salon that posts its webhooks to `urls`; `more`: its `accounts`."""
        self._call("POST", "locations", json={"id": company, "urls": list(urls), **more})

    def apply(self, *envelopes: dict[str, Any]) -> None:
        self._call("POST", "changes", json={"envelopes": list(envelopes)})

    def list_rows(self, resource: str, company: int = COMPANY) -> list[dict[str, Any]]:
        """What is there by now, deleted ones as well: records, or money."""
        return list(self._call("GET", "rows", params={"resource": resource, "location": company}))

    def find_record(self, record: int, company: int = COMPANY) -> dict[str, Any]:
        return next(row for row in self.list_rows("record", company) if row["id"] == record)

    def list_money(self, company: int = COMPANY) -> list[dict[str, Any]]:
        """Altegio's ledger of a salon."""
        return self.list_rows("finances_operation", company)

    def trouble(self, share: float, seed: int) -> None:
        """That share of all calls goes wrong, in one way or another, until the end."""
        for number, kind in enumerate(TROUBLES):
            self.fault(kind=kind, probability=share / len(TROUBLES), times=None, seed=seed + number)

    def calls(self) -> list[str]:
        """Operations, oldest first."""
        return [entry["operation"] for entry in self.journal()]

    def count_calls(self) -> dict[str, int]:
        """Answered or not, by operation; `refused`: over the limits."""
        state = self.state()
        return {**state["calls"]["by_operation"], "refused": state["limits"]["refused"]}
