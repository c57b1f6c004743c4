"""The books count every tenge: what is beside the receipts has a line, what is open an age, what nothing explains a name."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from dev.harness.altegio import AltegioControl
from dev.harness.simulator import SimulatorControl
from shared.books.model import DayBooks, Entry, OpenKind, Why
from shared.books.read import keep_books
from shared.books.table import list_rows, measure_explained
from shared.clock import ALMATY, almaty_date, utc_now
from shared.storage.models import Cashbox
from tests.support.bridge import Bridge
from tests.support.salon import Salon, came, paid, sold_line, topped_up, used

TIP = {"id": 30, "title": "Чаевые", "type": 7}
NOTHING_SOLD = {"record_id": 0, "visit_id": 0, "document_id": 0, "sold_item_id": 0, "sold_item_type": None, "client": None}
JOINT = {"visit_id": 77}


@pytest.fixture
def salon(bridge: Bridge, simulator: SimulatorControl) -> Salon:
    salon = Salon(bridge, simulator, None)
    salon.choose(payment_kinds="Расчётный счёт=none, Kaspi POS=elsewhere, Kaspi=mobile")
    return salon


@pytest.fixture
def asking(bridge: Bridge, simulator: SimulatorControl, altegio: AltegioControl) -> Salon:
    salon = Salon(bridge, simulator, altegio)
    salon.choose()
    return salon


def at(back: timedelta = timedelta(0)) -> str:
    return (datetime.now(ALMATY) - back).strftime("%Y-%m-%dT%H:%M:%S+0500")


def pay(number: int, amount: int, *, back: timedelta = timedelta(0), **fields: Any) -> dict[str, Any]:
    return paid(number, amount, **{"changed": at(back), "date": at(back), **fields})


def come(cost: int, record_id: int = 1001, *, days: int = 0, **fields: Any) -> dict[str, Any]:
    """A visit of today, or some days from now."""
    day = almaty_date(utc_now()) + timedelta(days=days)
    return came(cost, record_id, **{"changed": at(), "date": f"{day} 12:10:00", **fields})


def beside(number: int, amount: int, item: str, *, cash: bool = True) -> dict[str, Any]:
    """Money that is booked beside all sales."""
    expense = {"id": 70 + number, "title": item, "type": 1 if amount < 0 else 7}
    return pay(number, amount, cash=cash, **NOTHING_SOLD, expense=expense)


def today(salon: Salon, back: int = 0) -> DayBooks:
    day = almaty_date(utc_now()) - timedelta(days=back)
    with salon.bridge.services.sessions() as session:
        (books,) = keep_books(session, session.get_one(Cashbox, 1), day, day)
    return books


def entries(books: DayBooks) -> dict[Entry, Decimal]:
    return {entry: books.add_up(entry) for entry in Entry if books.add_up(entry)}


class TestLines:
    def test_money_that_is_on_no_receipt_of_ours(self, salon: Salon) -> None:
        salon.tell(pay(1, 4000, cash=False, till="Расчётный счёт"), pay(2, 3000, cash=False, till="Kaspi POS"))
        salon.tell(pay(3, 2500), come(9500))
        books = today(salon)
        assert salon.issued == {"altegio_1001": {"cash": 2500}}
        assert entries(books) == {Entry.NONE: 4000, Entry.ELSEWHERE: 3000}
        assert (books.told.total, books.difference_count) == (2500, 0)
        assert measure_explained([books]) == 100

    def test_tips_and_deposits(self, salon: Salon) -> None:
        salon.tell(pay(1, 500, expense=TIP), pay(2, 9500), come(9500), topped_up(3, 20000, changed=at()))
        salon.tell(pay(4, 5000, record_id=2002, document_id=5002, till="Deposits"))
        books = today(salon)
        assert entries(books) == {Entry.TIP: 500, Entry.TOP_UP: 20000, Entry.DEPOSIT: 5000}
        assert books.difference_count == 0

    def test_what_paid_and_is_no_money(self, asking: Salon) -> None:
        asking.know(used(7, 6500, type_id=8), used(8, 1000, type_id=9))
        asking.tell(pay(1, 2000), come(9500))
        books = today(asking)
        assert entries(books) == {Entry.CERTIFICATE: 6500, Entry.MEMBERSHIP: 1000}
        assert (books.told.total, books.difference_count) == (2000, 0)

    def test_a_refund_is_money_that_went(self, salon: Salon) -> None:
        salon.tell(pay(1, 9500), come(9500))
        salon.tell(pay(2, -1000))
        books = today(salon)
        assert entries(books) == {Entry.REFUND: 1000}
        assert (books.told.total, books.issued.total) == (8500, 9500)
        assert [one.why for one in books.differences] == [Why.RETURN_DUE]

    def test_goods_that_staff_took(self, salon: Salon) -> None:
        salon.tell(pay(1, 9500), come(9500), sold_line(1, 1500, document_id=6002), sold_line(2, 500, document_id=6002))
        assert entries(today(salon)) == {Entry.STAFF_GOODS: 2000}

    def test_goods_that_staff_took_and_a_line_that_nobody_told(self, asking: Salon) -> None:
        told = [sold_line(1, 1500, document_id=6002), sold_line(2, 500, document_id=6002)]
        asking.tell(pay(1, 9500), come(9500))
        asking.know(sold_line(3, 700, document_id=6002))
        asking.tell(*told)
        assert entries(today(asking)) == {Entry.STAFF_GOODS: 2700}
        asking.tell(sold_line(3, 700, document_id=6002, status="update", changed=at()))
        assert entries(today(asking)) == {Entry.STAFF_GOODS: 2700}

    def test_cash_in_and_out_by_altegio_and_at_the_register(self, salon: Salon) -> None:
        salon.tell(pay(1, 9500), come(9500))
        salon.tell(beside(2, -50000, "Инкассация"), beside(3, 5000, "Размен"), beside(4, -700, "Хозтовары"))
        salon.tell(beside(5, -30000, "Аренда", cash=False), beside(6, 50000, "Перемещение", cash=False))
        salon.bridge.execute(
            "INSERT INTO cashbox_orders (cashbox_id, kind, form_key, ordered_by, amount, state, done_at)"
            " VALUES (1, 'withdrawal', gen_random_uuid(), 'staff:dana', 50000, 'done', now())"
        )
        books = today(salon)
        assert entries(books) == {
            Entry.CASH_IN: 5000,
            Entry.TRANSFER: 50000,
            Entry.CASH_OUT: 50700,
            Entry.DRAWER_OUT: 50000,
            Entry.OTHER_OUT: 30000,
        }
        assert books.difference_count == 0

    def test_parts_of_visits_are_told_of_the_receipts(self, salon: Salon) -> None:
        salon.choose(part_payments="each")
        salon.tell(pay(1, 3000), come(9500, paid=0))
        books = today(salon)
        assert entries(books) == {Entry.PREPAID: 3000}
        assert (books.told.total, books.issued.total, books.difference_count) == (3000, 3000, 0)

    def test_a_top_up_with_its_receipt_is_in_the_columns(self, salon: Salon) -> None:
        salon.choose(deposits="at_top_up")
        salon.tell(topped_up(1, 20000, changed=at()))
        books = today(salon)
        assert (books.told.total, books.issued.total, books.difference_count) == (20000, 20000, 0)
        assert entries(books) == {}


class TestNothingExplains:
    def test_an_income_beside_everything_is_a_difference_with_a_name(self, salon: Salon) -> None:
        salon.tell(pay(1, 9500), come(9500), beside(2, 1234, "Прочие доходы"))
        books = today(salon)
        (income,) = books.unexplained
        assert (income.amount, "Прочие доходы" in income.note, "№ 2" in income.note) == (1234, True, True)
        assert books.difference_count == 1
        assert measure_explained([books]) == 100 * Decimal(9500) / Decimal(9500 + 1234)

    def test_an_income_of_a_visit_that_is_tied_to_nothing_sold(self, salon: Salon) -> None:
        salon.tell(pay(1, 9500), pay(2, 700, sold_item_id=0, sold_item_type=None), come(9500))
        books = today(salon)
        assert salon.issued == {"altegio_1001": {"cash": 9500}}
        assert [(one.subject.record_id, one.why) for one in books.differences] == [(1001, Why.UNEXPLAINED)]


def test_what_was_assumed_is_not_altegios_word(salon: Salon) -> None:
    salon.tell(come(9500))
    books = today(salon)
    assert (books.told.total, books.ours.total, books.issued.total) == (0, 9500, 9500)
    total = next(row for row in list_rows([("SWK", books)]) if row["kind"] == "card")
    assert (total["altegio_paid"], total["desk"], total["difference"]) == (0, 9500, 0)


class TestJointVisits:
    @pytest.mark.parametrize("named", [1001, 0])
    def test_one_payment_over_several_records(self, salon: Salon, named: int) -> None:
        salon.tell(pay(1, 13500, record_id=named, **JOINT), come(9500, 1001, **JOINT), come(4000, 1002, **JOINT))
        assert set(salon.issued) == {"altegio_1001", "altegio_1002"}
        books = today(salon)
        assert (books.told.total, books.issued.total, books.difference_count) == (13500, 13500, 0)

    def test_a_difference_is_named_once(self, salon: Salon) -> None:
        salon.tell(pay(1, 13500, record_id=1001, **JOINT), come(9500, 1001, **JOINT), come(4000, 1002, **JOINT))
        salon.tell(pay(2, -1000, record_id=1001, **JOINT))
        (difference,) = today(salon).differences
        assert (sum(difference.told.values()), sum(difference.issued.values())) == (12500, 13500)


class TestOpen:
    def find(self, salon: Salon, back: int = 0) -> list[tuple[OpenKind, Decimal, int]]:
        return [(item.kind, item.amount, item.age) for item in today(salon, back).open or ()]

    @pytest.mark.parametrize("parts", ["at_the_end", "each"])
    def test_a_debt(self, salon: Salon, parts: str) -> None:
        salon.choose(part_payments=parts)
        salon.tell(pay(1, 3000), come(9500, days=-3, paid=0))
        assert self.find(salon) == [(OpenKind.DEBT, 6500, 3)]
        assert today(salon).difference_count == 0
        salon.tell(pay(2, 6500), come(9500, days=-3))
        assert self.find(salon) == []

    def test_a_visit_that_nobody_came_to_is_none(self, salon: Salon) -> None:
        salon.tell(come(9500, 1001, days=-3, paid=0), come(4000, 1002, days=-3, paid=0, attendance=1))
        assert self.find(salon) == [(OpenKind.DEBT, 4000, 3)]

    @pytest.mark.parametrize("parts", ["at_the_end", "each"])
    def test_a_prepayment(self, salon: Salon, parts: str) -> None:
        salon.choose(part_payments=parts)
        salon.tell(pay(1, 3000, back=timedelta(days=2)), come(9500, days=5, paid=0))
        assert self.find(salon) == [(OpenKind.PREPAYMENT, 3000, 2)]
        assert today(salon, back=2).difference_count == 0
        assert self.find(salon, back=3) == []

    def test_deposits_are_spent_oldest_first(self, salon: Salon) -> None:
        old, new = timedelta(days=40), timedelta(days=4)
        salon.tell(topped_up(1, 20000, changed=at(old)), topped_up(2, 5000, document_id=6002, changed=at(new)))
        assert self.find(salon) == [(OpenKind.DEPOSIT, 25000, 40)]
        salon.tell(pay(3, 22000, record_id=2002, document_id=5002, till="Deposits"))
        assert self.find(salon) == [(OpenKind.DEPOSIT, 3000, 4)]

    def test_spent_by_altegios_own_rows(self, asking: Salon) -> None:
        asking.tell(topped_up(1, 20000, changed=at()))
        asking.know(used(7, 9500, type_id=11))
        asking.tell(come(9500))
        assert self.find(asking) == [(OpenKind.DEPOSIT, 10500, 0)]

    def test_it_is_a_row_of_the_file(self, salon: Salon) -> None:
        salon.tell(pay(1, 3000), come(9500, days=-3, paid=0))
        (row,) = [row for row in list_rows([("SWK", today(salon))]) if row["row"] == "open"]
        assert (row["why"], row["record_id"], row["difference"], row["age"]) == ("debt", 1001, 6500, 3)
