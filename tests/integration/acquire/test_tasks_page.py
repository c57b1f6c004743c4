"""The list of tasks: what is in it and in which order, who has it, until when it is put off, all of a reason at once."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from api.acquire.access.salons import EVERYWHERE, Salons
from api.acquire.tasks.kinds import TaskKind
from api.acquire.tasks.notes import read_until
from api.acquire.tasks.queries import count_tasks, list_tasks
from api.acquire.words.text import Refused
from shared.clock import ALMATY
from shared.storage.models import AuditEvent, BookFinding, Cashbox, CashboxOrder, HandBack, Replay, ReturnOrder, TaskNote
from tests.support.desk import COMPANY, Browser, Desk

OTHER = 990077
NOW = datetime.now(UTC)


def add_finding(desk: Desk, kind: str, amount: str, **values: Any) -> None:
    with desk.sessions.begin() as session:
        fields = {"cashbox_id": 1, "key": str(uuid4()), "day": NOW.date(), "company_id": COMPANY, **values}
        session.add(BookFinding(kind=kind, amount=Decimal(amount), **fields))


def add_one_of_each(desk: Desk) -> None:
    receipt = desk.add_receipt(desk.add_visit("500", state="processed"), return_due_reason="record was deleted")
    sale = desk.add_receipt(desk.add_visit("600", state="processed"))
    desk.add_visit("700", state="dead_lettered", code="10")
    desk.add_receipt(desk.add_visit("800", state="processed"), state="unknown", created_at=NOW - timedelta(hours=1))
    visit = desk.add_visit("400", state="processed")
    given = desk.add_receipt(visit)
    back = desk.add_receipt(visit, kind="return", basis=given, issued_at=NOW - timedelta(days=1))
    with desk.sessions.begin() as session:
        session.add(HandBack(return_receipt_id=back.id, kind="card", amount=Decimal(400)))
        session.add(
            ReturnOrder(receipt_id=sale.id, form_key=uuid4(), reason="?", lines=[], state="refused", refusal="no money")
        )
        session.add(
            CashboxOrder(
                cashbox_id=receipt.cashbox_id,
                kind="deposit",
                form_key=uuid4(),
                ordered_by="staff:x",
                amount=Decimal(900),
                state="unknown",
            )
        )
    returned = desk.add_receipt(desk.add_visit("300", state="processed"))
    given = desk.add_receipt(kind="return", basis=returned)
    with desk.sessions.begin() as session:
        session.add(HandBack(return_receipt_id=given.id, kind="card", amount=Decimal(300)))
    desk.execute("UPDATE receipts SET issued_at = now() - interval '1 hour'")
    add_finding(desk, "no_receipt", "1000", record_id=5)
    desk.execute("UPDATE cashboxes SET paused_since = now(), paused_code = '18'")


def read(desk: Desk, salons: Salons = EVERYWHERE, **chosen: Any) -> list[Any]:
    with desk.sessions() as session:
        return list(list_tasks(session, salons, **chosen))


def count(desk: Desk, salons: Salons = EVERYWHERE) -> int:
    with desk.sessions() as session:
        return count_tasks(session, salons)


def note(browser: Browser, kind: str, number: int, do: str, **fields: str) -> Any:
    return browser.submit("/acquire/tasks/note", {"kind": kind, "id": str(number), "do": do, **fields})


def test_each_kind_is_in_the_list_the_most_money_first(desk: Desk, manager: Browser) -> None:
    add_one_of_each(desk)
    tasks = read(desk)
    assert {task.kind for task in tasks} == {kind.value for kind in TaskKind}
    assert [task.amount for task in tasks] == sorted((task.amount for task in tasks), reverse=True)
    assert count(desk) == len(tasks) == 9
    page = manager.page("/acquire/tasks").replace("\u00a0", " ")
    assert page.count("<article") == 9
    for said in ("1 000 ₸", "Оплачено в Altegio, а чека нет", "чей ход: управляющий", "Оформить возврат", "Повторить"):
        assert said in page


def test_of_the_same_money_the_oldest_comes_first(desk: Desk) -> None:
    numbers = [desk.add_visit("100", state="dead_lettered", code="10").delivery_id for _ in range(3)]
    desk.execute("UPDATE webhook_records SET created_at = now() - id * interval '1 hour'")
    assert [task.id for task in read(desk)] == numbers[::-1]


@pytest.mark.parametrize("kind", ["dead_letter", "return_due"])
def test_what_the_list_has_itself_is_no_difference_once_more(desk: Desk, kind: str) -> None:
    desk.add_receipt()
    add_finding(desk, kind, "5", record_id=5)
    assert count(desk) == 0


def test_it_is_each_salons_own(desk: Desk) -> None:
    add_one_of_each(desk)
    desk.execute("UPDATE cashboxes SET company_id = :company", company=COMPANY)
    assert count(desk, Salons(frozenset({COMPANY}))) == 9
    assert read(desk, Salons(frozenset({OTHER}))) == []
    assert count(desk, Salons(frozenset())) == 0


def test_an_empty_list_says_when_it_was_looked_at(manager: Browser) -> None:
    page = manager.page("/acquire/tasks")
    assert "ничего не ждёт" in page
    assert re.search(r"Последняя проверка: \d\d:\d\d", page)


def test_attention_leads_to_the_tasks(cashier: Browser) -> None:
    assert cashier.get("/acquire/attention").headers["location"] == "/acquire/tasks"


def test_put_off_it_waits_in_its_own_list_until_its_day(desk: Desk, manager: Browser) -> None:
    visit = desk.add_visit("700", state="dead_lettered", code="10")
    assert note(manager, "dead_letter", visit.delivery_id, "put_off", until="three_days").status_code == 303
    assert (count(desk), read(desk)) == (0, [])
    assert "Отложенные · 1" in re.sub(r"\s+", " ", manager.page("/acquire/tasks"))
    assert manager.page("/acquire/tasks?show=later").count("<article") == 1
    event = desk.all(AuditEvent)[-1]
    assert (event.action, event.subject) == ("task_put_off", f"task dead_letter:{visit.delivery_id}")
    desk.execute("UPDATE task_notes SET put_off_until = now() - interval '1 second'")
    assert count(desk) == 1
    note(manager, "dead_letter", visit.delivery_id, "put_off", until="tomorrow")
    note(manager, "dead_letter", visit.delivery_id, "bring_back")
    assert count(desk) == 1


def test_somebody_takes_it_and_gives_it_back(desk: Desk, manager: Browser, cashier: Browser) -> None:
    visit = desk.add_visit("700", state="dead_lettered", code="10")
    desk.execute("UPDATE staff_users SET name = 'Айгүл' WHERE login = 'aigul'")
    note(cashier, "dead_letter", visit.delivery_id, "take")
    assert "взял(а): Айгүл" in manager.page("/acquire/tasks")
    note(cashier, "dead_letter", visit.delivery_id, "give_back")
    assert "взял(а)" not in manager.page("/acquire/tasks")
    assert count(desk) == 1


def test_who_may_put_off_what(desk: Desk, manager: Browser, cashier: Browser) -> None:
    visit = desk.add_visit("700", state="dead_lettered", code="10")
    foreign = desk.add_visit("700", state="dead_lettered", code="10", company_id=OTHER)
    desk.add_user("saule", role="manager", salons=[COMPANY])
    narrow = desk.sign_in("saule")
    assert note(cashier, "dead_letter", visit.delivery_id, "put_off", until="tomorrow").status_code == 403
    assert note(narrow, "dead_letter", foreign.delivery_id, "put_off", until="tomorrow").status_code == 404
    assert note(narrow, "dead_letter", foreign.delivery_id, "take").status_code == 404
    assert note(manager, "no_such", visit.delivery_id, "take").status_code == 404
    assert note(manager, "dead_letter", visit.delivery_id, "burn").status_code == 409
    assert note(manager, "dead_letter", visit.delivery_id, "put_off", until="date", date="x").status_code == 409
    assert desk.all(TaskNote) == []


@pytest.mark.parametrize(
    ("choice", "chosen", "until"),
    [
        ("tomorrow", "", date(2026, 3, 3)),
        ("three_days", "", date(2026, 3, 5)),
        ("date", "2026-04-01", date(2026, 4, 1)),
        ("date", "2026-03-02", None),
        ("date", "2027-03-02", None),
        ("", "", None),
    ],
)
def test_until_a_morning_in_almaty(choice: str, chosen: str, until: date | None) -> None:
    late = datetime(2026, 3, 1, 20, 0, tzinfo=UTC)
    if until is None:
        with pytest.raises(Refused):
            read_until(choice, chosen, late)
    else:
        assert read_until(choice, chosen, late) == datetime(until.year, until.month, until.day, 9, tzinfo=ALMATY)


class TestRepeatingAll:
    def test_it_shows_the_list_first_then_does_it(self, desk: Desk, manager: Browser) -> None:
        wanted = [desk.add_visit("700", state="dead_lettered", code="10").delivery_id for _ in range(3)]
        other = desk.add_visit("700", state="dead_lettered", code="9").delivery_id
        assert "Повторить все с этой причиной (3)" in manager.page("/acquire/tasks")
        page = manager.page("/acquire/tasks/retry?code=10")
        assert page.count("Айгүл Сейтқалиева") == 3
        assert desk.all(Replay) == []
        upto = str(wanted[1])
        answer = manager.submit("/acquire/tasks/retry", {"code": "10", "upto": upto})
        assert answer.headers["location"] == "/acquire/tasks/retry?code=10&done=2&failed=0"
        assert {row.webhook_record_id for row in desk.all(Replay)} == set(wanted[:2]), "no more than was shown"
        assert "Повторено: 2" in manager.page(answer.headers["location"])
        assert [event.subject for event in desk.all(AuditEvent) if event.action == "replayed"] == [
            f"delivery {number}" for number in wanted[:2]
        ]
        assert {task.id for task in read(desk)} == {wanted[2], other}

    def test_twice_pressed_each_goes_once(self, desk: Desk, manager: Browser) -> None:
        numbers = [desk.add_visit("700", state="dead_lettered", code="10").delivery_id for _ in range(2)]
        form = {"code": "10", "upto": str(numbers[-1])}
        manager.submit("/acquire/tasks/retry", form)
        assert manager.submit("/acquire/tasks/retry", form).headers["location"].endswith("done=0&failed=0")
        assert len(desk.all(Replay)) == 2

    def test_only_where_it_helps_and_only_managers(self, desk: Desk, manager: Browser, cashier: Browser) -> None:
        numbers = [desk.add_visit("700", state="dead_lettered", code="sum_mismatch").delivery_id for _ in range(2)]
        assert "/acquire/tasks/retry" not in manager.page("/acquire/tasks")
        form = {"code": "sum_mismatch", "upto": str(numbers[-1])}
        assert manager.submit("/acquire/tasks/retry", form).status_code == 409
        assert cashier.get("/acquire/tasks/retry?code=10").status_code == 403
        assert cashier.submit("/acquire/tasks/retry", {**form, "code": "10"}).status_code == 403
        assert desk.all(Replay) == []

    def test_only_of_ones_own_salons(self, desk: Desk) -> None:
        number = desk.add_visit("700", state="dead_lettered", code="10", company_id=OTHER).delivery_id
        desk.add_user("saule", role="manager", salons=[COMPANY])
        narrow = desk.sign_in("saule")
        narrow.submit("/acquire/tasks/retry", {"code": "10", "upto": str(number)})
        assert desk.all(Replay) == []


def test_a_cashier_is_told_whose_turn_it_is(desk: Desk, cashier: Browser) -> None:
    add_one_of_each(desk)
    visit = desk.add_visit("4000")
    add_finding(desk, "debt", "3000", record_id=visit.record_id)
    page = cashier.page("/acquire/tasks")
    assert "/retry" not in page
    assert "чей ход: кассир" in page
    assert f'class="button primary" href="/acquire/visits/{visit.id}"' in page
    assert desk.all(Cashbox)[0].paused_since is not None
