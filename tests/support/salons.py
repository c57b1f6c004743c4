"""A salon with a row of every kind that the payment page shows, each with words that give it away."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from shared.storage.models import (
    AuditEvent,
    Cashbox,
    CashboxOrder,
    CashCount,
    GoodsCode,
    GoodsLine,
    HandBack,
    PaymentRecord,
    ReturnOrder,
    Shift,
    StaffUser,
)
from tests.support.desk import Desk, position


@dataclass(frozen=True)
class SalonRows:
    """Where the routes of the page would find the salon's rows; `words` are in its pages and in no other salon's."""

    company_id: int
    cashbox_id: int
    visit_id: int
    delivery_id: int
    receipt_id: int
    return_order_id: int
    shift_id: int
    cash_order_id: int
    report_order_id: int
    offer_id: int
    count_id: int
    hand_back_id: int
    words: tuple[str, ...]


def open_salon(desk: Desk, company_id: int, digit: int, name: str) -> SalonRows:
    """`digit` makes its numbers: sums such as 7 777,77."""
    register, total = f"SWK{company_id}", Decimal(f"{digit}{digit}{digit}{digit}.{digit}{digit}")
    item, account, goods = f"Инкассация {name}", f"Счёт {name}", f"Шампунь {name}"
    with desk.sessions.begin() as session:
        cashbox = Cashbox(
            unique_number=register, company_id=company_id, name=f"Касса {name}", paused_since=datetime.now(UTC)
        )
        session.add(cashbox)
        session.flush()
        cashbox_id = cashbox.id
    visit = desk.add_visit(str(total), name=f"Клиент {name}", title=f"Услуга {name}", company_id=company_id)
    dead = desk.add_visit("10", state="dead_lettered", code="9", name=f"Забытый {name}", company_id=company_id)
    paid = desk.add_visit(str(total), state="processed", name=f"Оплата {name}", company_id=company_id)
    sold = [position(f"Услуга {name}", 1, total)]
    receipt = desk.add_receipt(paid, positions=sold, cashbox_id=cashbox_id, return_due_reason="record was deleted")
    given = desk.add_receipt(paid, positions=sold, cashbox_id=cashbox_id, kind="return", basis=receipt)
    with desk.sessions.begin() as session:
        back = HandBack(return_receipt_id=given.id, kind="card", amount=total)
        returned = ReturnOrder(
            receipt_id=receipt.id, form_key=uuid4(), reason="?", lines=[], state="refused", refusal=f"no {name}"
        )
        shift = _make_shift(cashbox_id, register, total)
        cash = _make_order(cashbox_id, "withdrawal", amount=total, reason=item, state="done")
        report = _make_order(cashbox_id, "x_report", state="done", result=shift.report)
        offer = PaymentRecord(
            company_id=company_id,
            operation_id=digit,
            amount=total,
            purpose="other",
            kind="cash",
            is_outgo=True,
            item_title=item,
            account_id=digit * 1000,
            account_title=account,
        )
        session.add(shift)
        session.flush()
        open_shift = Shift(cashbox_id=cashbox_id, number=4, opened_at=datetime.now(UTC) - timedelta(hours=1))
        session.add(open_shift)
        session.flush()
        count = CashCount(
            cashbox_id=cashbox_id,
            shift_id=open_shift.id,
            staff_user_id=_add_counter(session, name),
            form_key=uuid4(),
            expected=total,
            counted=total,
        )
        rows = [returned, shift, cash, report, offer, count, back]
        session.add_all(rows)
        session.add(GoodsCode(company_id=company_id, good_id=digit, title=goods, gtin="04870001234562"))
        session.add(GoodsLine(receipt_id=receipt.id, company_id=company_id, good_id=digit + 1, title=goods))
        session.flush()
        session.add(
            AuditEvent(
                action="payment_taken", subject=f"visit {paid.id}", company_id=company_id, details={"total": str(total)}
            )
        )
        ids = [int(row.id) for row in rows]
    return SalonRows(
        company_id=company_id,
        cashbox_id=cashbox_id,
        visit_id=visit.id,
        delivery_id=dead.delivery_id,
        receipt_id=receipt.id,
        return_order_id=ids[0],
        shift_id=ids[1],
        cash_order_id=ids[2],
        report_order_id=ids[3],
        offer_id=ids[4],
        count_id=ids[5],
        hand_back_id=ids[6],
        words=(name, register, str(company_id), f"{digit}\u00a0{digit * 111},{digit}{digit}", str(receipt.fiscal_number)),
    )


def _add_counter(session: Any, name: str) -> int:
    staff = StaffUser(login=f"counter of {name}", role="cashier", password_hash="-")
    session.add(staff)
    session.flush()
    return int(staff.id)


def _make_shift(cashbox_id: int, register: str, total: Decimal) -> Shift:
    report = {
        "CashboxSN": register,
        "ShiftNumber": 3,
        "StartOn": "02.03.2026 09:00:00",
        "ReportOn": "02.03.2026 23:50:00",
        "CloseOn": "02.03.2026 23:50:00",
        "Sell": {"PaymentsByTypesApiModel": [{"Sum": float(total), "Type": 1}], "Count": 1},
    }
    now = datetime.now(UTC)
    return Shift(
        cashbox_id=cashbox_id,
        number=3,
        opened_at=now - timedelta(hours=3),
        closed_at=now,
        closed_by="schedule",
        report=report,
    )


def _make_order(cashbox_id: int, kind: str, **values: Any) -> CashboxOrder:
    return CashboxOrder(cashbox_id=cashbox_id, kind=kind, form_key=uuid4(), ordered_by="staff:somebody", **values)
