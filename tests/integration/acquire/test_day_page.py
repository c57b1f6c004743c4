"""The manager's day: its figures are those of the receipts, to the tiyn; other days beside it; what the books say."""

import json
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from api.acquire.day.charts import choose_step, draw_hours, draw_month
from api.acquire.day.queries import read_kept
from shared.books.day import add_up_day, name_day, read_names, write_names
from shared.clock import ALMATY, almaty_date, utc_now
from shared.fiscal.payment_types import read_paid
from shared.storage.models import BookDay, BookFinding, Receipt, ReturnOrder
from tests.support.desk import Browser, Desk, position
from worker.rounds.books import check_books

TODAY = almaty_date(utc_now())
CASH, CARD, MOBILE = 0, 1, 4


def at(day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=ALMATY)


def sell(desk: Desk, when: datetime, *parts: tuple[int, str], change: str = "0", **values: Any) -> Receipt:
    lines = values.pop("positions", None) or [
        position("Стрижка", 1, sum(Decimal(one) for _, one in parts) - Decimal(change))
    ]
    visit = values.pop("visit", None) or desk.add_visit(state="processed")
    receipt = desk.add_receipt(visit, positions=lines, issued_at=when, **values)
    with desk.sessions.begin() as session:
        row = session.get_one(Receipt, receipt.id)
        paid = [{"PaymentType": kind, "Sum": float(amount)} for kind, amount in parts]
        row.request = {**row.request, "Payments": paid, "Change": float(change)}
    return receipt


def read(desk: Desk, day: date = TODAY) -> Any:
    with desk.sessions() as session:
        return {one: add_up_day(session, [1], one) for one in (day, day - timedelta(days=1), day - timedelta(days=7))}


def test_the_figures_are_those_of_the_receipts(desk: Desk) -> None:
    sell(desk, at(TODAY, 0), (CASH, "1000.10"), change="0.05")
    split = sell(desk, at(TODAY, 23, 59), (CASH, "10.01"), (CARD, "20.02"), (MOBILE, "30.03"))
    sell(desk, at(TODAY, 23, 59), (CARD, "5.55"), kind="return", basis=split)
    sell(desk, at(TODAY, 0) - timedelta(seconds=1), (CARD, "700"))
    sell(desk, at(TODAY - timedelta(days=7), 12), (CARD, "800"))
    sell(desk, at(TODAY - timedelta(days=2), 12), (CARD, "900"))
    days = read(desk)
    today = days[TODAY]
    assert (today.sold, today.returned, today.receipts, today.returns) == (Decimal("1060.11"), Decimal("5.55"), 2, 1)
    assert today.by_kind == {"cash": Decimal("1010.06"), "card": Decimal("14.47"), "mobile": Decimal("30.03")}
    assert today.by_hour == {0: Decimal("1000.05"), 23: Decimal("54.51")}
    assert sum(today.by_kind.values()) == sum(today.by_hour.values()) == today.takings
    assert [days[TODAY - timedelta(days=age)].takings for age in (1, 7)] == [700, 800]
    issued = [one for one in desk.all(Receipt) if almaty_date(one.issued_at) == TODAY]
    by_receipts = sum((-1 if one.kind == "return" else 1) * sum(read_paid(one.request).values()) for one in issued)
    assert today.takings == by_receipts


def test_of_other_registers_nothing_is_counted(desk: Desk) -> None:
    sell(desk, at(TODAY, 12), (CARD, "700"))
    desk.execute("INSERT INTO cashboxes (unique_number, company_id) VALUES ('SWK00000002', 2)")
    sell(desk, at(TODAY, 12), (CARD, "55"), cashbox_id=2)
    assert read(desk)[TODAY].takings == 700


def test_services_and_specialists_add_up(desk: Desk) -> None:
    visits = [desk.add_visit(state="processed", specialist=name) for name in ("Алия", "Алия", "Дина")]
    lines = [position("Стрижка", 2, "1000.10", "0.20"), position("Уход", 1, "500")]
    first = sell(desk, at(TODAY, 10), (CARD, "2500"), visit=visits[0], positions=lines)
    sell(desk, at(TODAY, 11), (CARD, "300"), visit=visits[1], positions=[position("Стрижка", 1, "300")])
    sell(desk, at(TODAY, 12), (CARD, "900"), visit=visits[2], positions=[position("Маникюр", 1, "900")])
    back = [position("Уход", 1, "500")]
    sell(desk, at(TODAY, 13), (CARD, "500"), visit=visits[0], positions=back, kind="return", basis=first)
    with desk.sessions() as session:
        names = name_day(session, [1], TODAY)
    assert [(one.name, one.count, one.total) for one in names.services] == [
        ("Стрижка", 3, Decimal("2300.00")),
        ("Маникюр", 1, Decimal(900)),
        ("Уход", 0, Decimal(0)),
    ]
    assert [(one.name, one.count, one.total) for one in names.specialists] == [
        ("Алия", 2, Decimal("2300.00")),
        ("Дина", 1, Decimal(900)),
    ]
    kept = json.loads(json.dumps(write_names(names)))
    assert read_names([kept]) == names
    assert read_names([kept, kept]).specialists[0].total == 4600


def test_what_the_round_kept_is_what_is_added_up(desk: Desk, manager: Browser) -> None:
    yesterday = TODAY - timedelta(days=1)
    sale = sell(desk, at(yesterday, 10), (CASH, "1000.10"), (CARD, "2000.20"))
    sell(desk, at(yesterday, 11), (CARD, "500.05"), kind="return", basis=sale)
    check_books(desk.sessions)
    with desk.sessions() as session:
        added, kept = add_up_day(session, [1], yesterday), read_kept(session, [1], yesterday, yesterday)
        known = kept.add_up(session, yesterday)
        assert kept.is_whole(yesterday)
        assert kept.name(session, yesterday) == name_day(session, [1], yesterday)
    assert (known.sold, known.returned) == (added.sold, added.returned) == (Decimal("3000.30"), Decimal("500.05"))
    assert (known.receipts, known.returns) == (added.receipts, added.returns)
    assert "2 500,25 ₸" in manager.page("/acquire/day").replace("\u00a0", " ")


def test_the_page_shows_them_with_the_reasons_of_returns(desk: Desk, manager: Browser) -> None:
    sale = sell(desk, at(TODAY, 10), (CARD, "24400"))
    back = sell(desk, at(TODAY, 11), (CARD, "4400"), kind="return", basis=sale)
    with desk.sessions.begin() as session:
        order = ReturnOrder(receipt_id=sale.id, form_key=uuid4(), reason="Передумал", lines=[], state="accepted")
        order.return_receipt_id = back.id
        session.add(order)
    page = manager.page("/acquire/day").replace("\u00a0", " ")
    for said in ("20 000 ₸", "24 400 ₸", "4 400 ₸", "Передумал", "Стрижка", "ещё не проводилась"):
        assert said in page
    assert "<desc" in page
    assert "style=" not in page


def test_one_sentence_says_whether_the_books_agree(desk: Desk, manager: Browser) -> None:
    sell(desk, at(TODAY, 10), (CARD, "24400"))
    sums = {"issued": 24400, "receipts": 1, "returned": 0, "returns": 0, "differences": 0, "differing": 0}
    with desk.sessions.begin() as session:
        session.add(BookDay(cashbox_id=1, day=TODAY, checked_at=datetime.now(UTC), **sums))
    assert "Altegio, чеки и Z-отчёты сходятся" in manager.page("/acquire/day")
    with desk.sessions.begin() as session:
        for number, (kind, amount) in enumerate([("no_receipt", 16000), ("dead_letter", 30000), ("other_sum", -500)]):
            session.add(BookFinding(cashbox_id=1, key=str(number), kind=kind, day=TODAY, amount=Decimal(amount)))
        session.add(BookFinding(cashbox_id=1, key="debt", kind="debt", day=TODAY, amount=Decimal(99)))
    page = manager.page("/acquire/day").replace("\u00a0", " ")
    assert "Оплат без чека: 2, на 46 000 ₸." in page
    assert "Других расхождений: 1, на 500 ₸." in page
    assert f'href="/acquire/books?day={TODAY}#differences"' in page


@pytest.mark.parametrize("day", ["x", "2999-01-01", "0001-01-01", ""])
def test_what_is_no_day_of_ours_is_today(desk: Desk, manager: Browser, day: str) -> None:
    sell(desk, at(TODAY, 10), (CARD, "24400"))
    assert "24\u00a0400" in manager.page(f"/acquire/day?day={day}")


def test_the_day_is_a_managers(cashier: Browser) -> None:
    assert cashier.get("/acquire/day").status_code == 403


def test_bars_stand_on_a_round_scale() -> None:
    chart = draw_hours({10: Decimal(9000), 12: Decimal("4500.50"), 7: Decimal(-100)})
    assert [line.amount for line in chart.scale] == [0, 5000, 10000, 15000, 20000]
    assert [bar.hour for bar in chart.bars] == list(range(7, 22))
    heights = {bar.hour: bar.height for bar in chart.bars}
    assert (heights[10], heights[12], heights[7], heights[11]) == (72, 36, 0, 0)


@pytest.mark.parametrize(
    ("largest", "step"), [("0", 1000), ("4000", 1000), ("4000.01", 2000), ("20001", 10000), ("9999999", 5000000)]
)
def test_four_steps_reach_over_the_largest(largest: str, step: int) -> None:
    assert choose_step(Decimal(largest)) == step


def test_a_month_has_all_its_days_and_marks_none_that_is_to_come() -> None:
    first, today = date(2026, 3, 1), date(2026, 3, 20)
    days = {date(2026, 3, 2): (Decimal(100), 0), date(2026, 3, 3): (Decimal(400), 2), date(2026, 3, 4): (Decimal(-5), 0)}
    weeks = draw_month(days, first, today)
    assert [len(week) for week in weeks] == [7] * 6
    cells = {cell.day.day: cell for week in weeks for cell in week if cell}
    assert sorted(cells) == list(range(1, 32))
    assert (cells[2].shade, cells[3].shade, cells[4].shade, cells[5].shade) == (2, 4, 0, 0)
    assert cells[3].differences == 2
    assert {cells[number].shade for number in range(21, 32)} == {None}


def test_the_calendar_leads_to_its_days(desk: Desk, manager: Browser) -> None:
    sell(desk, at(TODAY, 10), (CARD, "24400"))
    page = manager.page("/acquire/day")
    assert re.search(rf'href="\?day={TODAY}" aria-current="date"', page)
    assert page.count("<td") >= 28
