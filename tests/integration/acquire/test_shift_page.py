"""The shift: what it took and what is in the drawer, to the tiyn; the count before a Z-report, and one Z of each count."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from api.acquire.shift.queries import Standing, read_standings
from shared.clock import ALMATY
from shared.queue import CARRY_OUT, RECEIPTS
from shared.storage.models import AuditEvent, Cashbox, CashboxOrder, CashCount, Receipt, Shift
from tests.support.desk import COMPANY, PASSWORD, Browser, Desk

PIN = "428713"
NOW = datetime.now(UTC).replace(microsecond=0)
CASH, CARD, MOBILE = 0, 1, 4


@pytest.fixture(autouse=True)
def cashbox(desk: Desk) -> None:
    with desk.sessions.begin() as session:
        session.add(Cashbox(unique_number="SWK00000001", company_id=COMPANY))


def open_shift(desk: Desk, hours: float = 3, number: int = 3, **values: Any) -> int:
    with desk.sessions.begin() as session:
        shift = Shift(cashbox_id=1, number=number, opened_at=NOW - timedelta(hours=hours), **values)
        session.add(shift)
        session.flush()
        return int(shift.id)


def sell(desk: Desk, *parts: tuple[int, str], change: str = "0", minutes: float = 60, **values: Any) -> Receipt:
    fields = {"issued_at": NOW - timedelta(minutes=minutes), "cashbox_id": 1, **values}
    receipt = desk.add_receipt(desk.add_visit(state="processed"), **fields)
    paid = [{"PaymentType": kind, "Sum": float(amount)} for kind, amount in parts]
    with desk.sessions.begin() as session:
        row = session.get_one(Receipt, receipt.id)
        row.request = {**row.request, "Payments": paid, "Change": float(change)}
        row.total = sum((Decimal(amount) for _, amount in parts), Decimal(0)) - Decimal(change)
    return receipt


def move(desk: Desk, kind: str, amount: str, *, minutes: float, **values: Any) -> None:
    with desk.sessions.begin() as session:
        at = NOW - timedelta(minutes=minutes)
        order = CashboxOrder(cashbox_id=1, kind=kind, form_key=uuid4(), ordered_by="staff:x", amount=Decimal(amount))
        order.state, order.done_at = "done", at
        for name, value in values.items():
            setattr(order, name, value)
        session.add(order)


def read(desk: Desk) -> Standing:
    with desk.sessions() as session:
        return read_standings(session, session.scalars(select(Cashbox)).all())[0]


def report_at(minutes: float, drawer: str) -> dict[str, Any]:
    at = f"{(NOW - timedelta(minutes=minutes)).astimezone(ALMATY):%d.%m.%Y %H:%M:%S}"
    return {"ShiftNumber": 2, "ReportOn": at, "CloseOn": at, "SumInCashbox": float(drawer)}


def test_sums_of_a_shift_are_those_of_its_receipts(desk: Desk) -> None:
    open_shift(desk)
    sell(desk, (CASH, "5000.00"), change="999.45")
    split = sell(desk, (CASH, "1000.10"), (CARD, "2000.20"), (MOBILE, "3000.30"))
    sell(desk, (CARD, "500.20"), kind="return", basis=split)
    sell(desk, (CASH, "77.77"), shift_number=2, minutes=600)
    standing = read(desk)
    assert standing.sums == {"cash": Decimal("5000.65"), "card": Decimal("1500.00"), "mobile": Decimal("3000.30")}
    assert (standing.total, standing.receipts, standing.returns) == (Decimal("9500.95"), 2, 1)
    assert (standing.drawer, standing.told) == (Decimal("5000.65"), None)


def test_the_drawer_goes_on_from_what_webkassa_last_told(desk: Desk) -> None:
    open_shift(desk, hours=30, number=2, closed_at=NOW - timedelta(hours=5), report=report_at(300, "40000.50"))
    open_shift(desk)
    sell(desk, (CASH, "9000"), minutes=301)
    sell(desk, (CASH, "1000.25"), minutes=100)
    move(desk, "withdrawal", "500.25", minutes=90)
    assert read(desk).drawer == Decimal("40500.50")
    move(desk, "deposit", "1000", minutes=60, result={"Sum": 41500.5})
    sell(desk, (CASH, "10.01"), minutes=30)
    sell(desk, (CARD, "700"), minutes=20)
    standing = read(desk)
    assert (standing.drawer, standing.told and standing.told.amount) == (Decimal("41510.51"), Decimal("41500.5"))


def test_no_more_is_taken_out_than_is_there(desk: Desk, cashier: Browser) -> None:
    open_shift(desk)
    move(desk, "deposit", "1000", minutes=60, result={"Sum": 1000})
    form = {"kind": "withdrawal", "amount": "1000,01", "cashbox": "1", "form_key": str(uuid4())}
    answer = cashier.submit("/acquire/drawer", form)
    assert (answer.status_code, len(desk.all(CashboxOrder))) == (422, 1)
    assert "В ящике 1 000 ₸." in answer.text.replace("\u00a0", " ")
    assert cashier.submit("/acquire/drawer", {**form, "amount": "1000"}).status_code == 303
    desk.execute("UPDATE cashbox_orders SET state = 'done', done_at = now(), result = '{\"Sum\": 0}' WHERE id = 2")
    assert cashier.submit("/acquire/drawer", {**form, "amount": "1000"}).headers["location"] == "/acquire/orders/2"


@pytest.mark.parametrize(("hours", "says"), [(3, None), (20.5, "Закройте её сегодня"), (23.5, "Закройте её сейчас")])
def test_a_shift_that_grows_old_says_so(desk: Desk, cashier: Browser, hours: float, says: str | None) -> None:
    open_shift(desk, hours=hours)
    page = cashier.page("/acquire/shift")
    assert ("Закройте её" in page) is (says is not None)
    assert says is None or says in page


class TestClosing:
    def count(self, browser: Browser, **fields: str) -> Any:
        return browser.submit("/acquire/shift/1/close", {"form_key": str(uuid4()), **fields})

    @pytest.fixture
    def shift_id(self, desk: Desk) -> int:
        number = open_shift(desk)
        sell(desk, (CASH, "5000.50"))
        return number

    def test_counted_compared_confirmed_and_closed_once(self, desk: Desk, manager: Browser, shift_id: int) -> None:
        address = self.count(manager, counted="5 000").headers["location"]
        page = manager.page(address).replace("\u00a0", " ")
        assert "5 000,50 ₸" in page
        assert "Не хватает" in page
        assert f'action="{address}/close"' not in page
        assert manager.submit(f"{address}/close").headers["location"] == address, "not before the difference was seen"
        assert manager.submit(address, {"reason": " "}).status_code == 422
        assert manager.submit(address, {"reason": "сдача без монет"}).headers["location"] == address
        assert "Выручка за смену" in manager.page(address)
        assert desk.all(CashboxOrder) == []
        answers = [manager.submit(f"{address}/close") for _ in range(3)]
        assert {answer.headers["location"] for answer in answers} == {"/acquire/orders/1"}
        (order,) = desk.all(CashboxOrder)
        (count,) = desk.all(CashCount)
        assert (order.kind, order.form_key) == ("z_report", count.form_key)
        assert (count.expected, count.counted, count.difference) == (Decimal("5000.50"), Decimal(5000), Decimal("-0.50"))
        assert (count.reason, count.order_id, count.shift_id) == ("сдача без монет", 1, shift_id)
        assert desk.published(RECEIPTS, 1) == [(CARRY_OUT, [1])]
        events = {event.action: event.details for event in desk.all(AuditEvent)}
        assert events["cash_counted"]["difference"] == events["z_report_ordered"]["difference"] == "-0.50"

    def test_two_at_once_order_one_z_report(self, desk: Desk, manager: Browser, shift_id: int) -> None:
        address = self.count(manager, counted="5000,50").headers["location"]
        manager.submit(address)
        browsers, ready = [desk.sign_in("dana") for _ in range(4)], threading.Barrier(4)

        def press(browser: Browser) -> str:
            browser.form_token()
            ready.wait(20)
            return str(browser.submit(f"{address}/close").headers["location"])

        with ThreadPoolExecutor(4) as pool:
            assert set(pool.map(press, browsers)) == {"/acquire/orders/1"}
        assert [order.kind for order in desk.all(CashboxOrder)] == ["z_report"]

    def test_by_notes(self, desk: Desk, manager: Browser, shift_id: int) -> None:
        address = self.count(manager, note_2000="2", note_1000="1", coins="0,50").headers["location"]
        (count,) = desk.all(CashCount)
        assert (count.counted, count.notes) == (Decimal("5000.50"), {"2000": 2, "1000": 1, "coins": "0.50"})
        assert "Сходится" in manager.page(address)
        assert manager.submit(address).status_code == 303, "no reason is asked where nothing differs"

    @pytest.mark.parametrize(
        ("fields", "field"),
        [
            ({}, "counted"),
            ({"counted": "много"}, "counted"),
            ({"counted": "5000", "note_1000": "4"}, "counted"),
            ({"note_500": "-1"}, "note_500"),
            ({"coins": "1e3"}, "coins"),
            ({"counted": "1000000000"}, "counted"),
        ],
    )
    def test_what_cannot_be_read(
        self, desk: Desk, manager: Browser, shift_id: int, fields: dict[str, str], field: str
    ) -> None:
        answer = self.count(manager, **fields)
        assert (answer.status_code, desk.all(CashCount)) == (422, [])
        assert f'id="fault-{field}"' in answer.text

    def test_a_form_sent_twice_is_one_count(self, desk: Desk, manager: Browser, shift_id: int) -> None:
        key = str(uuid4())
        assert {self.count(manager, counted="1", form_key=key).headers["location"] for _ in range(3)} == {
            "/acquire/shift/counts/1"
        }
        assert len(desk.all(CashCount)) == 1

    def test_cash_that_comes_meanwhile_is_counted_again(self, desk: Desk, manager: Browser, shift_id: int) -> None:
        address = self.count(manager, counted="5000,50").headers["location"]
        manager.submit(address)
        sell(desk, (CASH, "100"), minutes=0)
        assert manager.submit(f"{address}/close").headers["location"] == address
        assert "Пересчитайте" in manager.page(address)
        assert desk.all(CashboxOrder) == []

    def test_a_shift_that_closed_by_itself_is_not_closed_again(self, desk: Desk, manager: Browser, shift_id: int) -> None:
        address = self.count(manager, counted="5000,50").headers["location"]
        manager.submit(address)
        desk.execute("UPDATE shifts SET closed_at = now(), closed_by = 'schedule'")
        assert manager.submit(f"{address}/close").headers["location"] == address
        assert "уже закрыта" in manager.page(address)
        assert desk.all(CashboxOrder) == []
        assert self.count(manager, counted="1").status_code == 409
        assert "не пересчитано" in manager.page("/acquire/shifts")

    def test_the_count_stands_beside_the_z_report(self, desk: Desk, manager: Browser, shift_id: int) -> None:
        desk.execute("UPDATE staff_users SET name = 'Дана Сериковна'")
        address = self.count(manager, counted="4 000").headers["location"]
        manager.submit(address, {"reason": "инкассация без записи"})
        manager.submit(f"{address}/close")
        desk.execute("UPDATE cashbox_orders SET state = 'done', done_at = now(), result = '{\"ShiftNumber\": 3}'")
        desk.execute(
            "UPDATE shifts SET closed_at = now(), closed_by = 'staff:dana', "
            'report = \'{"ShiftNumber": 3, "CloseOn": "02.03.2026 23:50:00"}\''
        )
        for page in (f"/acquire/shifts/{shift_id}", "/acquire/shifts"):
            shown = manager.page(page).replace("\u00a0", " ")
            assert "4 000 ₸" in shown
            assert "1 000,50 ₸" in shown
            assert "инкассация без записи" in shown
            assert "Дана Сериковна" in shown


class TestCashiers:
    @pytest.fixture
    def dana(self, desk: Desk) -> Iterator[Browser]:
        desk.add_user("dana", role="manager", salons=[COMPANY])
        browser = desk.sign_in("dana")
        assert browser.submit("/acquire/account/pin", {"pin": PIN, "current": PASSWORD}).status_code == 303
        return browser

    def test_a_cashier_closes_with_a_managers_pin(self, desk: Desk, dana: Browser, cashier: Browser) -> None:
        open_shift(desk)
        sell(desk, (CASH, "5000"))
        form = {"form_key": str(uuid4()), "counted": "5000"}
        address = cashier.submit("/acquire/shift/1/close", form).headers["location"]
        cashier.submit(address)
        refused = cashier.submit(f"{address}/close")
        assert (refused.status_code, desk.all(CashboxOrder)) == (422, [])
        assert 'id="pin"' in refused.text
        assert cashier.submit(f"{address}/close", {"approver": "dana", "pin": "000111"}).status_code == 422
        done = cashier.submit(f"{address}/close", {"approver": "dana", "pin": PIN})
        assert done.headers["location"] == "/acquire/orders/1"
        (order,) = desk.all(CashboxOrder)
        assert (order.ordered_by, order.approved_by_id) == ("staff:aigul", 1)
        assert "approved" in {event.action for event in desk.all(AuditEvent)}
