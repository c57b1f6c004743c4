"""Is it as it must be? Asked of three: our books, our shifts, and the ledger of the simulated Webkassa."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from dev.harness.simulator import SimulatorControl
from dev.month.plan import Plan, find_rate
from dev.month.steps import Expected
from shared.books.model import DayBooks
from shared.books.read import keep_books
from shared.books.shift import sum_shift
from shared.fiscal.payment_types import KIND_OF_TYPE
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, OPEN_RECORD_STATES, PaymentKind
from shared.fiscal.z_report import ReportSums, read_report
from shared.storage.models import Cashbox, CashboxOrder, Receipt, Shift, WebhookRecord
from shared.storage.models.desk.cashbox_order import OrderState
from worker.services import Services

DAY = timedelta(hours=24)


@dataclass
class Verdict:
    first: date
    days: int
    receipts: int = 0
    shifts: int = 0
    reports_equal: int = 0
    closed_by: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    answers_lost: int = 0
    longest: timedelta = timedelta(0)
    offline: int = 0
    reasons: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    rates: dict[int, int] = field(default_factory=lambda: defaultdict(int))
    found: list[Expected] = field(default_factory=list)
    missed: list[Expected] = field(default_factory=list)
    surplus: list[Expected] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def is_clean(self) -> bool:
        return not (self.missed or self.surplus or self.faults)

    def format(self) -> str:
        closed = ", ".join(f"{count} {by}" for by, count in sorted(self.closed_by.items()))
        lines = [
            f"{self.days} days from {self.first}, {self.receipts} receipts, in {self.seconds:.0f} s",
            f"shifts: {self.shifts}, longest {self.longest}, closed: {closed}; answers lost: {self.answers_lost}",
            f"Z-reports equal to our receipts: {self.reports_equal} of {self.shifts}",
            f"autonomous receipts: {self.offline}; reasons: {dict(self.reasons)}",
            f"lines by their VAT: {', '.join(f'{rate} %: {count}' for rate, count in sorted(self.rates.items()))}",
            f"planted differences found and named: {len(self.found)} of {len(self.found) + len(self.missed)}",
        ]
        for name, items in {"found": self.found, "missed": self.missed, "surplus": self.surplus}.items():
            lines += [f"  {name}: {item}" for item in items]
        lines += [f"  FAULT: {fault}" for fault in self.faults]
        return "\n".join([*lines, "CLEAN" if self.is_clean else "NOT CLEAN"])


def judge(services: Services, simulator: SimulatorControl, plan: Plan, days: Mapping[str, date]) -> Verdict:
    """`days`: of a visit's number, the day on which it was rendered."""
    verdict = Verdict(plan.first, plan.days)
    last = plan.first + timedelta(days=plan.days - 1)
    found: list[Expected] = []
    with services.sessions() as session:
        for cashbox in session.scalars(select(Cashbox).order_by(Cashbox.id)):
            for books in keep_books(session, cashbox, plan.first, last):
                found += _list_found(cashbox.unique_number, books)
                _count(verdict, books)
        _check_shifts(verdict, session, simulator)
        _check_left_open(verdict, session)
    _check_rates(verdict, simulator.receipts(), days)
    verdict.found = sorted(set(found) & set(plan.expected))
    verdict.missed = sorted(set(plan.expected) - set(found))
    verdict.surplus = sorted(set(found) - set(plan.expected))
    return verdict


def _list_found(number: str, books: DayBooks) -> list[Expected]:
    sales = [Expected(d.day, number, d.why, d.subject.record_id) for d in books.differences]
    shifts = [Expected(d.day, number, "shift") for d in books.shift_differences if d.shift.strangers]
    nameless = [Expected(d.day, number, "nameless shift") for d in books.shift_differences if not d.shift.strangers]
    return sales + shifts + nameless


def _count(verdict: Verdict, books: DayBooks) -> None:
    verdict.receipts += books.receipts + books.returns
    verdict.offline += len(books.offline)
    for reason in books.reasons:
        verdict.reasons[reason.why] += 1
    for number in books.missing_reports:
        verdict.faults.append(f"{books.day}: no Z-report of shift {number}")
    if not books.shift_differences and books.counted.total != books.issued.total:
        verdict.faults.append(f"{books.day}: counted {books.counted.total}, issued {books.issued.total}")


def _check_shifts(verdict: Verdict, session: Any, simulator: SimulatorControl) -> None:
    """Every Z-report against our receipts and against Webkassa's ledger; that a stranger's sale is in it was planted."""
    ledger = _sum_ledger(simulator.receipts())
    rows = session.execute(select(Shift, Cashbox.unique_number).join(Cashbox).order_by(Shift.cashbox_id, Shift.number)).all()
    for shift, number in rows:
        name = f"{number} shift {shift.number}"
        if shift.closed_at is None or shift.report is None:
            verdict.faults.append(f"{name} is {'open' if shift.closed_at is None else 'without a report'}")
            continue
        told = read_report(shift.report)
        verdict.shifts += 1
        verdict.closed_by[shift.closed_by] += 1
        verdict.answers_lost += shift.answer_lost
        _check_length(verdict, name, told)
        if _net(told) != ledger.pop((number, shift.number), {}):
            verdict.faults.append(f"the report of {name} is not what the ledger holds")
        if sum_shift(session, shift).agrees_with(told):
            verdict.reports_equal += 1
        elif shift.strangers is None:
            verdict.faults.append(f"the report of {name} differs and nobody looked for the documents")
    verdict.faults += [f"shift {number} of {cashbox} is unknown to us" for cashbox, number in ledger]


def _check_rates(verdict: Verdict, receipts: Sequence[dict[str, Any]], days: Mapping[str, date]) -> None:
    """Each line at the rate of the day of its service; a return at that of its sale."""
    for receipt in receipts:
        number = str(receipt["external_check_number"])
        day = days.get("_".join(number.split("_")[:2]))
        if day is None:
            continue
        for line in receipt["positions"]:
            rate = find_rate(receipt["cashbox"], line["name"], day)
            verdict.rates[rate or 0] += 1
            if (line["tax_percent"], line["tax_type"]) != (rate, 100 if rate else 0):
                verdict.faults.append(f"{number}: {line['name']} of {day} at {line['tax_percent']} %, not {rate}")


def _check_length(verdict: Verdict, name: str, told: ReportSums) -> None:
    if told.opened_at is None or told.closed_at is None:
        verdict.faults.append(f"{name} has no times")
        return
    length = told.closed_at - told.opened_at
    verdict.longest = max(verdict.longest, length)
    if length > DAY:
        verdict.faults.append(f"{name} lasted {length}")


def _sum_ledger(receipts: list[dict[str, Any]]) -> dict[tuple[str, int], dict[PaymentKind, Decimal]]:
    sums: dict[tuple[str, int], dict[PaymentKind, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for receipt in receipts:
        sign = -1 if receipt["operation_type"] == 3 else 1
        for part in receipt["payments"]:
            sums[receipt["cashbox"], receipt["shift"]][KIND_OF_TYPE[part["type"]]] += sign * Decimal(part["sum"])
    return {key: {kind: amount for kind, amount in kinds.items() if amount} for key, kinds in sums.items()}


def _net(told: ReportSums) -> dict[PaymentKind, Decimal]:
    net = {kind: told.sold.get(kind, Decimal(0)) - told.returned.get(kind, Decimal(0)) for kind in PaymentKind}
    return {kind: amount for kind, amount in net.items() if amount}


def _check_left_open(verdict: Verdict, session: Any) -> None:
    for row in session.scalars(select(WebhookRecord).where(WebhookRecord.state.in_(OPEN_RECORD_STATES))):
        verdict.faults.append(f"delivery {row.id} of {row.resource} {row.resource_id} is {row.state}: {row.reason}")
    for receipt in session.scalars(select(Receipt).where(Receipt.state.in_(OPEN_RECEIPT_STATES))):
        verdict.faults.append(f"receipt {receipt.external_check_number} is {receipt.state}: {receipt.error_text}")
    for order in session.scalars(select(CashboxOrder).where(CashboxOrder.state != OrderState.DONE)):
        verdict.faults.append(f"order {order.id} ({order.kind}) is {order.state}: {order.error_text}")
