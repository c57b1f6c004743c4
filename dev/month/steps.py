"""What can happen in the month, through the product's own use cases: webhooks in, decisions, receipts, reports, orders."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy import func, or_, select

from dev.harness.register import Register
from dev.harness.services import Inlet
from dev.harness.simulator import SimulatorControl
from dev.month.bodies import describe_goods, describe_payment, describe_visit
from shared.clock import almaty_date
from shared.fiscal.statuses import OPEN_RECORD_STATES, ReceiptKind, RecordState
from shared.storage.models import Cashbox, CashboxOrder, Receipt, ReturnOrder, StaffUser, WebhookRecord
from worker.decide.process_record import process_record
from worker.issue.issue_due import issue_due
from worker.issue.make_return import make_return
from worker.rounds.cashbox_orders import carry_out, find_due_orders
from worker.rounds.nightly_z_report import close_due, watch_shifts
from worker.services import Services

_ROUNDS = 6


@dataclass(frozen=True, order=True)
class Expected:
    """A difference that has to be found: on that day, at that cashbox, about that visit (None: about a Z-report)."""

    day: date
    cashbox: str
    why: str
    record_id: int | None = None

    def __str__(self) -> str:
        return f"{self.day} {self.cashbox} {f'visit {self.record_id}' if self.record_id else 'Z-report'}: {self.why}"


class Month:
    def __init__(self, services: Services, inlet: Inlet, simulator: SimulatorControl) -> None:
        self.services, self._inlet, self.simulator = services, inlet, simulator
        with services.sessions() as session:
            rows = session.execute(select(Cashbox.company_id, Cashbox.id, Cashbox.unique_number)).all()
        self._ids = {company: row_id for company, row_id, _ in rows}
        self._numbers = {company: number for company, _, number in rows}
        # When what a receipt is for was done: its number at Altegio, and the day.
        self.days: dict[str, date] = {}

    # --- Altegio

    def visit(self, company: int, number: int, lines: Sequence[tuple[str, int]], kinds: Sequence[str], at: datetime) -> None:
        """Paid in full; its payments are told first, one for each kind."""
        self._tell(company, *_describe_payments(company, number, lines, kinds, at))
        self.complete(company, number, lines, at)

    def complete(self, company: int, number: int, lines: Sequence[tuple[str, int]], at: datetime) -> None:
        self.days[f"altegio_{number}"] = almaty_date(at)
        self._tell(company, describe_visit(company, number, lines, at))

    def pay(self, company: int, number: int, amount: int, kind: str, at: datetime) -> None:
        self._tell(company, describe_payment(company, number, number, amount, kind, at))

    def sell_goods(self, company: int, number: int, amount: int, at: datetime) -> None:
        self._tell(company, *describe_goods(company, number, amount, at))

    def take_back(
        self, company: int, number: int, lines: Sequence[tuple[str, int]], kinds: Sequence[str], at: datetime
    ) -> None:
        self._tell(company, *_describe_payments(company, number, lines, kinds, at, status="delete"))

    def change_till(self, company: int, number: int, at: datetime) -> None:
        """Booked as card, later corrected to cash: the receipt says otherwise."""
        self.visit(company, number, [("Стрижка", 4000)], ("card",), at)
        later = at.replace(minute=at.minute + 7)
        self._tell(company, describe_payment(company, number, number, 4000, "cash", later, status="update"))

    def _tell(self, company: int, *bodies: dict[str, Any]) -> None:
        """Posts the webhooks, and has the service do what follows at once."""
        for body in bodies:
            self._inlet.accept(json.dumps(body, ensure_ascii=False).encode(), "month")
        self._decide()
        issue_due(self.services, self._ids[company])

    # --- the desk

    def give_back(self, number: int) -> None:
        with self.services.sessions.begin() as session:
            sale = session.scalars(
                select(Receipt).where(Receipt.record_id == number, Receipt.kind == ReceiptKind.SALE)
            ).one()
            manager = session.scalars(select(StaffUser.id)).one()
            order = ReturnOrder(receipt_id=sale.id, staff_user_id=manager, form_key=uuid4(), reason="taken back", lines=[])
            session.add(order)
        make_return(self.services.sessions, order.id)
        issue_due(self.services, sale.cashbox_id)

    def move_cash(self, company: int, kind: str, amount: int) -> None:
        key = uuid4()
        asked = {"form_key": key, "ordered_by": "staff:month", "external_check_number": f"cash_{key.hex}"}
        with self.services.sessions.begin() as session:
            order = CashboxOrder(cashbox_id=self._ids[company], kind=kind, amount=Decimal(amount), **asked)
            session.add(order)
        carry_out(self.services, order.id)

    # --- trouble

    def fault(self, company: int, **order: Any) -> None:
        self.simulator.fault(cashbox=self._numbers[company], **order)

    def refuse_next(self, company: int, number: int, at: datetime) -> None:
        self.fault(company, operation="check", kind="code", code=9, text="отказ", times=1)
        self.visit(company, number, [("Маникюр", 7000)], ("card",), at)

    def lose_until_later(self, company: int, number: int, at: datetime) -> None:
        self.fault(company, operation="check", kind="drop", when="after")
        self.fault(company, operation="shift_history", kind="code", code=-1, times=None)
        self.visit(company, number, [("Стрижка", 4000)], ("card",), at)

    def clear_faults(self) -> None:
        self.simulator.clear_faults()
        self.services.breaker.record_success(next(iter(self._ids.values())))

    def cabinet(self, company: int) -> Register:
        return Register(self.simulator, self._numbers[company])

    # --- the service

    def tick(self) -> None:
        """Beat and the workers: whatever is due."""
        watch_shifts(self.services.sessions, self.services.settings, self.services.producer)
        self._decide()
        for order_id in find_due_orders(self.services.sessions, func.now()):
            carry_out(self.services, order_id)
        for cashbox_id in self._ids.values():
            issue_due(self.services, cashbox_id)
            close_due(self.services, cashbox_id)

    def _decide(self) -> None:
        for _ in range(_ROUNDS):
            ids = self._find_due()
            if not ids:
                return
            for row_id in ids:
                process_record(self.services, row_id)

    def _find_due(self) -> Sequence[int]:
        """What a message would have told of at once, and what the dispatcher would put back."""
        due = select(WebhookRecord.id).where(
            WebhookRecord.state.in_(OPEN_RECORD_STATES),
            WebhookRecord.receipt_id.is_(None),
            or_(WebhookRecord.state == RecordState.RECEIVED, WebhookRecord.next_attempt_at <= func.now()),
        )
        with self.services.sessions() as session:
            return session.scalars(due.order_by(WebhookRecord.id)).all()


def _describe_payments(
    company: int, number: int, lines: Sequence[tuple[str, int]], kinds: Sequence[str], at: datetime, status: str = "create"
) -> list[dict[str, Any]]:
    """One for each kind; of two, the first pays a quarter."""
    total = sum(cost for _, cost in lines)
    amounts = (total // 4, total - total // 4) if len(kinds) > 1 else (total,)
    return [
        describe_payment(company, number + position, number, amount, kind, at, status=status)
        for position, (kind, amount) in enumerate(zip(kinds, amounts, strict=False))
    ]
