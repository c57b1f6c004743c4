"""A salon whose Altegio posts webhooks and, where it is asked, answers over REST: what is told, and what came of it."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from dev.harness.altegio import AltegioControl
from dev.harness.simulator import SimulatorControl
from dev.simulator.altegio.ledgers import GOODS_INCOME, SERVICE_INCOME
from tests.support.bridge import Bridge
from tests.support.payloads import T0, T1, envelope, payment, visit

KINDS = {0: "cash", 1: "card", 4: "mobile"}
TOP_UP = {"id": 10, "title": "Пополнение счета", "type": 7}
REFUND = {"id": 12, "title": "Возврат клиенту", "type": 1}
RECORD, DOCUMENT = 1001, 5001
# How a salon hears of its money; see the fixture `salon` of tests/integration/law.
WAYS = ("webhooks", "rest")
Envelope = dict[str, Any]


@dataclass
class Salon:
    """`altegio` None: it has no tokens, so webhooks are all there is."""

    bridge: Bridge
    simulator: SimulatorControl
    altegio: AltegioControl | None

    def choose(self, **choices: Any) -> None:
        """From now on decisions are made with these settings."""
        tokens = {name.lower(): value for name, value in self.altegio.environment.items()} if self.altegio else {}
        self.bridge.configure(**{**tokens, **choices})

    def know(self, *envelopes: Envelope) -> None:
        """Happens in Altegio, and no webhook tells of it."""
        if self.altegio is not None:
            self.altegio.apply(*envelopes)

    def tell(self, *envelopes: Envelope) -> None:
        """Happens in Altegio all at once; then the webhooks come, in this order."""
        self.know(*envelopes)
        self.bridge.deliver(*envelopes)
        self.work()

    def tell_patiently(self, *envelopes: Envelope) -> None:
        """The same, with each delivery decided once as it comes, those it wakes as well: what waits goes on waiting."""
        self.know(*envelopes)
        for one in envelopes:
            due = [self.bridge.accept(one).body["record_id"]]
            while due:
                resolution = self.bridge.decide(due.pop(0))
                due += resolution.wake if resolution else ()
            self.bridge.issue()

    def work(self) -> None:
        self.bridge.decide_open()
        self.bridge.issue()

    def let_waits_end(self) -> None:
        for table in ("webhook_records", "payment_records"):
            self.bridge.execute(f"UPDATE {table} SET created_at = created_at - interval '1 hour'")
        self.bridge.execute("UPDATE webhook_records SET next_attempt_at = now() WHERE state = 'received'")
        self.work()

    @property
    def issued(self) -> dict[str, dict[str, Decimal]]:
        """Sales by their external check number: how each was paid."""
        return {one["external_check_number"]: _read_kinds(one) for one in self.sales}

    @property
    def sales(self) -> list[dict[str, Any]]:
        return [one for one in self.simulator.receipts() if one["operation_type"] == 2]

    @property
    def asked(self) -> dict[str, str]:
        """Codes and words of what waits for a person."""
        waiting = [row for row in self.bridge.rows() if row.state in ("dead_lettered", "awaiting_payment")]
        return {row.error_code or "awaiting": row.reason for row in waiting}

    @property
    def returns_due(self) -> dict[str, str]:
        due = [one for one in self.bridge.receipts() if one.return_due_reason]
        return {one.external_check_number: one.return_due_reason or "" for one in due}


def _read_kinds(receipt: dict[str, Any]) -> dict[str, Decimal]:
    return {KINDS[part["type"]]: Decimal(part["sum"]) for part in receipt["payments"]}


def came(cost: int, record_id: int = RECORD, *, asked: int | None = None, **fields: Any) -> Envelope:
    """A visit as Altegio has it, paid in full. `asked`: what is left to pay, where deposits and the like lower that."""
    line = {"id": 1, "title": "Окрашивание", "amount": 1, "cost_per_unit": cost, "first_cost": cost, "discount": 0}
    given = {
        "services": [{**line, "cost": cost, "manual_cost": cost, "cost_to_pay": cost if asked is None else asked}],
        "goods_transactions": [],
        "documents": [{"id": DOCUMENT, "type_id": 7}],
        "visit_id": record_id + 1,
        "client": {"id": 51001, "name": "Алия", "phone": "+77010000000"},
    }
    return visit(record_id, cost, **{**given, **fields})


def paid(operation_id: int, amount: int, *, cash: bool = True, till: str | None = None, **fields: Any) -> Envelope:
    """Money for a visit, or taken back from it."""
    title = till or ("Касса" if cash else "Терминал")
    given = {
        "account": {"id": 41001 if cash else 41002, "title": title, "is_cash": cash, "is_default": cash},
        "date": T0,
        "changed": T0,
        "document_id": DOCUMENT,
        "sold_item_id": 1,
        "sold_item_type": "service",
        "expense": REFUND if amount < 0 else SERVICE_INCOME,
        "client": {"id": 51001},
    }
    return payment(operation_id, amount, **{**given, **fields})


def paid_for(operation_id: int, amount: int, sold: str, *, cash: bool = True, **fields: Any) -> Envelope:
    """Money for something sold without a visit."""
    item = GOODS_INCOME if sold == "goods_transaction" else SERVICE_INCOME
    given = {"record_id": 0, "visit_id": 0, "sold_item_type": sold, "sold_item_id": 3301, "expense": item}
    return paid(operation_id, amount, cash=cash, **{**given, **fields})


def topped_up(operation_id: int, amount: int, *, cash: bool = True, **fields: Any) -> Envelope:
    """Money for a client's own account, by a document of its own."""
    given = {"record_id": 0, "visit_id": 0, "document_id": 6001, "sold_item_type": None, "sold_item_id": 0}
    return paid(operation_id, amount, cash=cash, **{**given, "expense": TOP_UP, **fields})


def used(number: int, amount: Any, *, record_id: int = RECORD, document_id: int = DOCUMENT, **fields: Any) -> Envelope:
    """A loyalty transaction: only REST tells of it."""
    owner = {"document_id": document_id, "record_id": record_id, "visit_id": record_id + 1}
    return envelope("loyalty_transaction", number, "create", {"id": number, "amount": amount, **owner, **fields})


def sold_line(number: int, cost: int, title: str = "Шампунь", *, document_id: int = DOCUMENT, **fields: Any) -> Envelope:
    """A line of a document of something sold without a visit. `sold_as="service"`: no webhook tells of that one."""
    body = {
        "id": number,
        "document_id": document_id,
        "type_id": 1,
        "record_id": 0,
        "good": {"id": number, "title": title},
        "amount": -1,
        "cost_per_unit": cost,
        "cost": cost,
        "discount": 0,
        "create_date": T0,
        "last_change_date": T1,
    }
    return envelope("goods_operations_sale", number, "create", {**body, **fields})
