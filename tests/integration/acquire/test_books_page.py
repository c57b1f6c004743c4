"""The books for managers: a day, a month with its chart, and the files."""

import csv
import io
import re
import zipfile
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select, update

from shared.clock import ALMATY, almaty_date, utc_now
from shared.storage.models import BookDay, PaymentRecord, Receipt, Shift
from tests.support.desk import COMPANY, Browser, Desk
from worker.rounds.books import check_books


def pay(desk: Desk, receipt: Receipt | None, record_id: int, amount: int = 4000, **values: Any) -> None:
    with desk.sessions.begin() as session:
        session.add(
            PaymentRecord(
                company_id=COMPANY,
                operation_id=record_id * 10,
                record_id=record_id,
                kind="card",
                amount=Decimal(amount),
                **{"paid_at": receipt.issued_at if receipt else datetime.now(UTC), **values},
            )
        )


def sell(desk: Desk, **values: Any) -> Receipt:
    visit = desk.add_visit(state="processed")
    receipt = desk.add_receipt(visit, **values)
    pay(desk, receipt, visit.record_id)
    return receipt


def today() -> str:
    return almaty_date(utc_now()).isoformat()


def test_a_day_that_agrees(desk: Desk, manager: Browser) -> None:
    sell(desk)
    page = manager.page("/acquire/books").replace("\u00a0", " ")
    assert "Всё сходится" in page
    assert "Ещё нет Z-отчёта по сменам: 3 (SWK00000001)" in re.sub(r"\s+", " ", page)
    assert "4 000 ₸" in page


def test_differences_are_named_and_lead_to_the_receipt(desk: Desk, manager: Browser) -> None:
    sell(desk)
    receipt = desk.add_receipt(desk.add_visit(state="processed"))
    pay(desk, None, 5, 700)
    dead = desk.add_visit(state="dead_lettered", code="9", reason="<b>нельзя</b>")
    page = manager.page("/acquire/books")
    assert "Расхождений: 2" in page
    assert "Чек есть, а оплаты в Altegio нет" in page
    assert f'href="/acquire/success/{receipt.id}"' in page
    assert "Оплачено в Altegio, а чека нет" in page
    assert f"№ {dead.record_id}" in page
    assert "<b>нельзя</b>" not in page


def test_a_z_report_that_counts_more_names_the_document(desk: Desk, manager: Browser) -> None:
    receipt = sell(desk)
    report = {
        "ShiftNumber": 3,
        "Sell": {"PaymentsByTypesApiModel": [{"Type": 1, "Sum": 4000}, {"Type": 0, "Sum": 500}], "Count": 2},
    }
    with desk.sessions.begin() as session:
        strangers = [{"fiscal_number": "990077", "total": 500, "external_check_number": "coffee-7", "issued_at": None}]
        shift = Shift(cashbox_id=1, number=3, opened_at=receipt.issued_at, closed_at=receipt.issued_at)
        shift.report, shift.strangers = report, strangers
        session.add(shift)
    page = manager.page("/acquire/books").replace("\u00a0", " ")
    assert "Z-отчёт не совпадает с чеками" in page
    assert "990077" in page
    assert "+500 ₸" in page


def test_a_month_is_a_calendar_that_marks_the_days_that_differ(desk: Desk, manager: Browser) -> None:
    sell(desk)
    pay(desk, None, 5, 700)
    month = today()[:7]
    page = manager.page(f"/acquire/books?month={month}")
    last = (date.fromisoformat(f"{month}-01") + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    assert page.count('class="coming"') == last.day - int(today()[8:]), "days to come are there, and empty"
    assert len(re.findall(r'class="shade-\d differs"', page)) == 1
    assert f"?day={today()}" in page
    assert "style=" not in page, "the page's policy allows no styles of its own"


TODAY_OF_ALL, NOTHING = "Чеков: 1, возвратов: 0", "не было ни оплат, ни чеков"


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("day=x", TODAY_OF_ALL, NOTHING),
        ("month=2026-13", TODAY_OF_ALL, NOTHING),
        ("cashbox=x", TODAY_OF_ALL, NOTHING),
        ("day=0001-01-01", NOTHING, TODAY_OF_ALL),
        ("day=9999-12-31", NOTHING, TODAY_OF_ALL),
        ("month=2099-12", NOTHING, TODAY_OF_ALL),
    ],
)
def test_what_cannot_be_read_shows_today_and_what_never_was_is_empty(
    desk: Desk, manager: Browser, query: str, shown: str, hidden: str
) -> None:
    sell(desk)
    page = manager.page(f"/acquire/books?{query}")
    assert shown in page
    assert hidden not in page


def test_one_cashbox_of_two(desk: Desk, manager: Browser) -> None:
    sell(desk)
    desk.execute("INSERT INTO cashboxes (unique_number, company_id, name) VALUES ('SWK00000002', 2, 'Абая')")
    assert "Абая" in manager.page("/acquire/books")
    assert "не было ни оплат" in manager.page("/acquire/books?cashbox=2")
    assert "Всё сходится" in manager.page("/acquire/books?cashbox=1")


def test_the_csv(desk: Desk, manager: Browser) -> None:
    sell(desk)
    pay(desk, None, 5, 700)
    answer = manager.get(f"/acquire/books/file.csv?day={today()}")
    assert answer.headers["content-disposition"] == f'attachment; filename="books-{today()}.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    card = next(row for row in rows if row["Способ оплаты"] == "Карта" and row["Строка"] == "Итого")
    assert (card["Altegio: оплачено"], card["Чеки: продажи"], card["Расхождение"]) == ("4700.00", "4000.00", "700.00")
    assert [row["Визит"] for row in rows if row["Строка"] == "Расхождение"] == ["5"]


def test_the_workbook(desk: Desk, manager: Browser) -> None:
    sell(desk)
    desk.add_visit(state="dead_lettered", code="9", reason="=cmd()")
    answer = manager.get(f"/acquire/books/file.xlsx?month={today()[:7]}")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheets = [book.read(f"xl/worksheets/sheet{number}.xml").decode() for number in (1, 2)]
        texts = book.read("xl/sharedStrings.xml").decode()
    assert "<v>4000</v>" in sheets[0]
    assert "=cmd()" in texts
    assert "<f>" not in "".join(sheets)
    assert manager.get("/acquire/books/file.exe").status_code == 404


def test_books_are_a_managers(cashier: Browser) -> None:
    for page in ("/acquire/books", "/acquire/books/file.csv"):
        assert cashier.get(page).status_code == 403


def test_a_month_of_another_year_is_reached_step_by_step(desk: Desk, manager: Browser) -> None:
    sell(desk, issued_at=datetime.now(UTC) - timedelta(days=1))
    page = manager.page("/acquire/books?month=2026-01")
    assert 'href="?month=2025-12"' in page
    assert 'href="?month=2026-02"' in page


def test_what_altegio_told_what_our_desk_took_and_what_nobody_told_stand_apart(desk: Desk, manager: Browser) -> None:
    sell(desk)
    visit = desk.add_visit("105.05")
    manager.pay(visit.id, method="cash")
    silent = desk.add_visit("9400", state="processed", company_id=55)
    desk.add_receipt(visit)
    desk.add_receipt(silent)
    page = re.sub(r"\s+", " ", manager.page("/acquire/books").replace("\u00a0", " "))
    row = re.search(r'<tr class="strong">.*?</tr>', page)
    assert row is not None
    cells = dict(re.findall(r'data-label="([^"]+)">([^<]+)<', row[0]))
    assert cells["по Altegio"] == "4 000 ₸"
    assert cells["на кассе"] == "105,05 ₸"
    assert cells["не сообщено"] == "9 400 ₸"
    assert cells["Чеки"] == "13 505,05 ₸"
    assert "стоят в столбце «не сообщено». " in page, "a space before what follows"


def test_a_sale_that_was_given_up_is_named_once_and_in_words(desk: Desk, manager: Browser) -> None:
    sell(desk)
    dead = desk.add_visit(state="dead_lettered", code="9", reason="code 9: Сумма позиций не совпадает")
    pay(desk, None, dead.record_id)
    page = manager.page("/acquire/books")
    assert page.count(f"№ {dead.record_id}") == 1
    assert "Webkassa не согласна с содержанием чека" in page or "Webkassa отклонила чек" in page


def test_of_what_is_open_the_oldest_are_shown_and_all_are_in_the_file(desk: Desk, manager: Browser) -> None:
    sell(desk)
    day = utc_now() - timedelta(days=70)
    debts = [
        desk.add_visit(state="awaiting_payment", at=day + timedelta(days=age), attendance=1).record_id for age in range(53)
    ]
    page = re.sub(r"\s+", " ", manager.page("/acquire/books").replace("\u00a0", " "))
    assert [number for number in debts if f"Визит № {number} " in page] == debts[:50]
    assert "Показаны 50 самых давних из 53; в файлах перечислены все." in page
    assert 'Долг: <b class="nowrap">212 000 ₸</b>' in page
    file = manager.get("/acquire/books/file.csv").content.decode()
    assert all(str(number) in file for number in debts)


class TestMonthThatWasKept:
    """Days before yesterday are shown as they were looked at; today and yesterday, and all of it on demand, as they are."""

    @pytest.fixture
    def days(self) -> tuple[datetime, datetime]:
        """An hour of the newest day that is over and one of a month before, both of one month."""
        over = datetime.combine(almaty_date(utc_now()) - timedelta(days=2), time(12), tzinfo=ALMATY)
        last = over.replace(day=1) - timedelta(days=1)
        return last, last - timedelta(days=3)

    def show(self, manager: Browser, day: datetime, **query: str) -> str:
        more = "".join(f"&{name}={value}" for name, value in query.items())
        return re.sub(r"\s+", " ", manager.page(f"/acquire/books?month={day:%Y-%m}{more}").replace("\u00a0", " "))

    def test_is_as_it_was_looked_at(self, desk: Desk, manager: Browser, days: tuple[datetime, datetime]) -> None:
        last, earlier = days
        sell(desk, issued_at=last)
        sell(desk, issued_at=earlier)
        assert "Сверить все дни заново" not in self.show(manager, last), "nothing was looked at, so all of it is read"
        look_until_kept(desk, {last.date(), earlier.date()})
        assert "Сверить все дни заново" in self.show(manager, last)
        assert "Всё сходится" in self.show(manager, last)
        pay(desk, None, 5, 700, paid_at=last)
        assert "Всё сходится" in self.show(manager, last), "it was not looked at since"
        assert "Расхождений: 1" in self.show(manager, last, anew="1")

    def test_of_other_words_it_is_read_anew(self, desk: Desk, manager: Browser, days: tuple[datetime, datetime]) -> None:
        last, _ = days
        sell(desk, issued_at=last)
        look_until_kept(desk, {last.date()})
        pay(desk, None, 5, 700, paid_at=last)
        with desk.sessions.begin() as session:
            session.execute(update(BookDay).values(books={"day": "of another version"}))
        page = self.show(manager, last)
        assert "Расхождений: 1" in page
        assert "Сверить все дни заново" not in page

    def test_today_and_yesterday_are_as_they_are(self, desk: Desk, manager: Browser) -> None:
        now = utc_now()
        for day in (now, now - timedelta(days=1)):
            sell(desk, issued_at=day)
            check_books(desk.sessions)
            pay(desk, None, day.day, 700, paid_at=day)
            assert "Расхождений: 0" not in self.show(manager, day)
            assert "700 ₸" in self.show(manager, day)

    def test_debts_are_of_its_end(self, desk: Desk, manager: Browser, days: tuple[datetime, datetime]) -> None:
        last, earlier = days
        sell(desk, issued_at=last)
        look_until_kept(desk, {last.date()})
        visit = desk.add_visit(state="awaiting_payment", at=earlier, attendance=1)
        page = self.show(manager, last)
        assert f"Визит № {visit.record_id}" in page
        assert "Долг" in page


def look_until_kept(desk: Desk, days: set[date]) -> None:
    """The round takes its time for the days of a year."""
    for _ in range(100):
        check_books(desk.sessions)
        with desk.sessions() as session:
            if days <= set(session.scalars(select(BookDay.day).where(BookDay.books.is_not(None)))):
                return
    raise AssertionError(f"never kept: {days}")
