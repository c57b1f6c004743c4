"""What is written into Altegio after a receipt, step by step: a salon, its simulator, and the tables of the work."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from dev.harness.altegio import AltegioControl
from tests.support.salon import RECORD, Salon, came, paid
from worker.issue.make_return import make_return
from worker.rounds.write_back.round import write_back

# What has to go back with a record, and what must not get lost.
WHOLE: dict[str, Any] = {
    "staff_id": 35011,
    "datetime": "2026-03-02T12:10:00+05:00",
    "seance_length": 3600,
    "attendance": 1,
    "comment": "аллергия на аммиак",
    "custom_fields": {"source": "instagram"},
    "record_labels": [{"id": 7, "title": "VIP"}],
    "is_update_blocked": False,
}


@dataclass
class Back:
    salon: Salon

    @property
    def altegio(self) -> AltegioControl:
        assert self.salon.altegio is not None
        return self.salon.altegio

    def choose(self, **choices: Any) -> None:
        self.salon.choose(**choices)

    def visit(self, cost: int = 9500, record_id: int = RECORD, **fields: Any) -> dict[str, Any]:
        return came(cost, record_id, **{**WHOLE, **fields})

    def pay(self, cost: int = 9500, record_id: int = RECORD, **fields: Any) -> None:
        """A visit is paid and has its receipt."""
        money = paid(record_id, cost, record_id=record_id, visit_id=record_id + 1, document_id=0)
        self.salon.tell(money, self.visit(cost, record_id, documents=[], **fields))

    def return_ordered(self) -> None:
        """Every return that is ordered is made."""
        for order in self.rows("return_orders", "id"):
            make_return(self.salon.bridge.services.sessions, order)
        self.salon.bridge.issue()

    def write(self) -> None:
        """What a worker does when it is asked to."""
        write_back(self.salon.bridge.services, timedelta(days=3))

    def let_time_pass(self) -> None:
        """All waiting of this work is over."""
        for table in ("visit_marks", "desk_bookings", "operator_checks"):
            self.salon.bridge.execute(f"UPDATE {table} SET next_attempt_at = now() WHERE next_attempt_at IS NOT NULL")

    def settle(self) -> None:
        for _ in range(6):
            self.write()
            self.let_time_pass()

    def record(self, record_id: int = RECORD) -> dict[str, Any]:
        return self.altegio.find_record(record_id)

    @property
    def comment(self) -> str:
        return str(self.record()["comment"])

    @property
    def overwritten(self) -> list[str]:
        return list(self.altegio.state()["overwritten"])

    def count_writes(self) -> int:
        return self.altegio.calls().count("record_update")

    def line(self, number: int = 1) -> str:
        """As the visit should name a receipt."""
        receipt = self.salon.bridge.receipt(number)
        return f"Чек Webkassa № {receipt.fiscal_number}: {receipt.receipt_url}"

    def marks(self, columns: str = "state") -> list[Any]:
        return self.rows("visit_marks", columns)

    def rows(self, table: str, columns: str = "state") -> list[Any]:
        with self.salon.bridge.services.sessions() as session:
            found = session.execute(text(f"SELECT {columns} FROM {table} ORDER BY id")).all()
        return [row[0] if len(row) == 1 else tuple(row) for row in found]

    def told(self, kind: str) -> list[str]:
        """Alerts of a kind."""
        with self.salon.bridge.services.sessions() as session:
            return list(session.scalars(text("SELECT text FROM alerts WHERE kind = :kind ORDER BY id"), {"kind": kind}))
