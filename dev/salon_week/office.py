"""The simulated Altegio seen from outside: it is told what happens, and asked how it was called."""

from collections.abc import Sequence
from typing import Any

import requests

from dev.simulator.altegio.bodies import Envelope
from dev.simulator.altegio.salon import Salon

TROUBLES = ("drop", "500", "html_502", "truncated", "refused_200")


class Office:
    def __init__(self, url: str) -> None:
        self.url = url
        self._session = requests.Session()
        self._session.trust_env = False

    def open(self, salon: Salon, webhook_url: str) -> None:
        accounts = [
            {"id": till.id, "title": till.title, "type": int(not till.is_cash), "comment": ""} for till in salon.tills.all
        ]
        self._call("POST", "locations", {"id": salon.company_id, "accounts": accounts, "urls": [webhook_url]})

    def tell(self, envelopes: Sequence[Envelope]) -> None:
        self._call("POST", "changes", {"envelopes": list(envelopes)})

    def change(self, **settings: Any) -> None:
        self._call("POST", "settings", settings)

    def order_trouble(self, share: float, seed: int) -> None:
        """That share of all calls goes wrong, in one way or another, until the end."""
        for number, kind in enumerate(TROUBLES):
            order = {"kind": kind, "probability": share / len(TROUBLES), "times": None, "seed": seed + number}
            self._call("POST", "faults", order)

    def count_calls(self) -> dict[str, int]:
        """Answered or not, by operation; `refused`: over the limits."""
        state = self._call("GET", "state")
        return {**state["calls"]["by_operation"], "refused": state["limits"]["refused"]}

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        answer = self._session.request(method, f"{self.url}/_sim/{path}", json=body, timeout=20)
        if answer.status_code != 200:
            raise ValueError(f"{method} {path}: {answer.status_code} {answer.text}")
        return answer.json()
