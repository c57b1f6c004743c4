"""What a browser test needs of the running service: visits that come from Altegio, and what Webkassa knows."""

import itertools
from typing import Any

from dev.demo.waiting import wait_until
from dev.harness.simulator import SimulatorControl
from tests.support.payloads import visit
from tests.support.stack import Stack

_records = itertools.count(640_500_100)


class Shop:
    def __init__(self, service: Stack, simulator: SimulatorControl) -> None:
        self.service, self.simulator = service, simulator

    def book(
        self,
        *services: tuple[str, int],
        name: str = "Айгүл Сейтқалиева",
        phone: str = "+77015550142",
        date: str | None = None,
        **fields: Any,
    ) -> int:
        """A visit that awaits payment, as the page would show it; its record id."""
        record_id = next(_records)
        reply = self.service.post(self.describe(record_id, *services, name=name, phone=phone, date=date, **fields))
        self.await_state(reply.json()["record_id"], "awaiting_payment")
        return record_id

    def describe(
        self, record_id: int, *services: tuple[str, int], name: str, phone: str, date: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """The body of a visit that is not paid, unless `fields` say so. Without a date it is now."""
        lines = [{"title": title, "cost": cost} for title, cost in services or (("Стрижка", 4000),)]
        client = {"display_name": name, "phone": phone}
        return visit(record_id, changed=None, **{"services": lines, "client": client, "date": date, "paid": 0, **fields})

    def await_state(self, row_id: int, state: str) -> None:
        wait_until(
            lambda: self.service.status(row_id)["state"] == state, timeout=20, what=f"delivery {row_id} to be {state}"
        )

    def receipts(self, record_id: int) -> list[dict[str, Any]]:
        """Of the tax office: the sale and its returns."""
        return [
            receipt
            for receipt in self.simulator.receipts()
            if str(receipt["external_check_number"]).startswith(f"altegio_{record_id}")
        ]

    def paid(self, record_id: int) -> dict[int, str]:
        """Webkassa's payment type -> sum, of the one receipt there is."""
        (receipt,) = self.receipts(record_id)
        return {part["type"]: part["sum"] for part in receipt["payments"]}
