"""The list: order, pages, filters, search, and what it costs."""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from api.acquire.access.salons import EVERYWHERE
from api.acquire.visits.queries import PAGE_SIZE, list_visits
from api.acquire.visits.search import read_search
from api.acquire.visits.states import Filter, VisitState
from api.acquire.visits.views import read_cursor, write_cursor
from shared.clock import almaty_date
from shared.storage.models import Receipt, Visit
from tests.support.desk import Browser, Desk, position

NOON = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
DAY = almaty_date(NOON)
PAGE = f"/acquire?day={DAY}"


def shown(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'href="/acquire/visits/(\d+)"', page)]


def add_one_of_each(desk: Desk) -> dict[VisitState, list[Visit]]:
    """Every state a visit can be in, by every way that leads to it."""
    made: dict[VisitState, list[Visit]] = {state: [] for state in VisitState}

    def add(expected: VisitState, row: str, receipt: dict[str, Any] | None = None, **values: Any) -> None:
        visit = desk.add_visit(state=row, at=NOON, **values)
        if receipt is not None:
            desk.add_receipt(visit, **receipt)
        made[expected].append(visit)

    add(VisitState.AWAITING, "awaiting_payment")
    add(VisitState.AWAITING, "awaiting_payment", total=None)
    add(VisitState.NOT_NEEDED, "ignored")
    add(VisitState.DELETED, "ignored", is_deleted=True)
    add(VisitState.QUEUED, "received")
    add(VisitState.QUEUED, "processing")
    add(VisitState.QUEUED, "processing", {"state": "pending"})
    add(VisitState.QUEUED, "received", {"state": "rejected"})
    add(VisitState.SENDING, "retrying", {"state": "pending", "attempts": 2})
    add(VisitState.SENDING, "processing", {"state": "pending", "sending_since": NOON})
    add(VisitState.SENDING, "retrying", {"state": "unknown"})
    add(VisitState.ISSUED, "processed", {})
    add(VisitState.ATTENTION, "dead_lettered", {"state": "rejected", "error_code": "9"}, code="9")
    add(VisitState.ATTENTION, "dead_lettered", {"state": "unknown"}, code="-1")
    add(VisitState.ATTENTION, "dead_lettered", {}, code="difference")
    add(VisitState.ATTENTION, "dead_lettered", code="sum_mismatch")
    add(VisitState.RETURN_DUE, "processed", {"return_due_reason": "the record was deleted"}, is_deleted=True)
    add(VisitState.RETURNED, "processed", {"returned": True})
    return made


_OF_FILTER = {
    Filter.ALL: set(VisitState),
    Filter.AWAITING: {VisitState.AWAITING},
    Filter.UNDER_WAY: {VisitState.QUEUED, VisitState.SENDING},
    Filter.ISSUED: {VisitState.ISSUED},
    Filter.ATTENTION: {VisitState.ATTENTION},
    Filter.RETURN_DUE: {VisitState.RETURN_DUE},
    Filter.DELETED: {VisitState.DELETED},
}


@pytest.mark.parametrize("chosen", list(Filter))
def test_every_filter_shows_exactly_the_visits_of_its_states(desk: Desk, cashier: Browser, chosen: Filter) -> None:
    made = add_one_of_each(desk)
    expected = {visit.id for state in _OF_FILTER[chosen] for visit in made[state]}
    assert set(shown(cashier.page(f"{PAGE}&state={chosen}"))) == expected
    with desk.sessions() as session:
        states = {row.id: row.state for row in list_visits(session, EVERYWHERE, day=DAY)}
    assert states == {visit.id: state for state, visits in made.items() for visit in visits}


def test_a_sale_made_again_after_a_return_is_the_one_that_counts(desk: Desk) -> None:
    visit = desk.add_visit(state="processed", at=NOON)
    desk.add_receipt(visit, returned=True, return_due_reason="the record was deleted")
    desk.add_receipt(visit)
    desk.add_receipt(visit, state="rejected")
    with desk.sessions() as session:
        (row,) = list_visits(session, EVERYWHERE, day=DAY)
    assert (row.state, row.sale_id) == ("issued", 2)


def test_a_receipt_of_one_payment_stands_beside_the_sale(desk: Desk, cashier: Browser) -> None:
    """The rest may still be taken, and the page says what was prepaid."""
    visit = desk.add_visit("6500")
    receipt = desk.add_receipt(visit, positions=[position("Предоплата: Стрижка", 1, 3000)], operation_id=7)
    page = cashier.page(f"/acquire/visits/{visit.id}").replace("\u00a0", " ")
    assert f'href="/acquire/success/{receipt.id}"' in page
    assert all(words in page for words in ("Предоплата, чек есть", "3 000 ₸", "К оплате", "6 500 ₸"))
    paid = cashier.submit(f"/acquire/visits/{visit.id}", {"method": "cash", "form_key": str(uuid4())})
    assert paid.headers["location"] == f"/acquire/visits/{visit.id}/progress"


def test_open_visits_come_first_then_the_latest(desk: Desk, cashier: Browser) -> None:
    paid_late = desk.add_visit(state="processed", at=NOON + timedelta(hours=3))
    open_early = desk.add_visit(at=NOON - timedelta(hours=2))
    open_late = desk.add_visit(at=NOON)
    paid_early = desk.add_visit(state="processed", at=NOON - timedelta(hours=3))
    page = cashier.page(PAGE)
    assert shown(page) == [open_late.id, open_early.id, paid_late.id, paid_early.id]
    assert page.index("Ждёт оплаты</h2>") < page.index("Готовые</h2>")


def test_the_day_is_almatys(desk: Desk, cashier: Browser) -> None:
    before = desk.add_visit(at=datetime(2026, 11, 19, 18, 59, tzinfo=UTC))
    after = desk.add_visit(at=datetime(2026, 11, 19, 19, 1, tzinfo=UTC))
    assert shown(cashier.page("/acquire?day=2026-11-19")) == [before.id]
    assert shown(cashier.page("/acquire?day=2026-11-20")) == [after.id]
    today = desk.add_visit()
    assert shown(cashier.page("/acquire")) == [today.id]


def test_pages_show_every_visit_once_even_of_one_moment(desk: Desk, cashier: Browser) -> None:
    """Seventy at the same minute, half of them open, and times that differ by a microsecond."""
    visits = [
        desk.add_visit(at=NOON + timedelta(microseconds=number % 3), state="awaiting_payment" if number % 2 else "processed")
        for number in range(70)
    ]
    seen: list[int] = []
    address = PAGE
    for _ in range(5):
        page = cashier.page(address)
        assert len(shown(page)) <= PAGE_SIZE
        seen += shown(page)
        following = re.search(r'rel="next" href="(\?[^"]*after=[^"]*)"', page)
        if following is None:
            break
        address = "/acquire" + following[1].replace("&amp;", "&")
    assert seen == [v.id for v in sorted(visits, key=lambda v: (v.is_open, v.visit_at, v.id), reverse=True)]


def test_a_visit_that_is_paid_meanwhile_shifts_no_page(desk: Desk) -> None:
    visits = [desk.add_visit(at=NOON - timedelta(minutes=number)) for number in range(PAGE_SIZE + 5)]
    with desk.sessions() as session:
        first = list_visits(session, EVERYWHERE, day=DAY)
        after = read_cursor(write_cursor(first[PAGE_SIZE - 1]))
        desk.execute("UPDATE visits SET is_open = false WHERE id = :id", id=visits[0].id)
        session.rollback()
        second = list_visits(session, EVERYWHERE, day=DAY, after=after)
    assert [row.id for row in second] == [visit.id for visit in visits[PAGE_SIZE:]] + [visits[0].id]


@pytest.mark.parametrize(
    "after", ["", "x", "1.2", "1.2.x", "1.99999999999999999999.1", "2.0.1", "1.0.-1", "1.0." + "9" * 40, "é"]
)
def test_a_cursor_nobody_made_starts_at_the_beginning_or_shows_nothing(desk: Desk, cashier: Browser, after: str) -> None:
    desk.add_visit(at=NOON)
    assert cashier.get("/acquire", params={"day": str(DAY), "after": after}).status_code == 200


@pytest.mark.parametrize(
    ("typed", "finds"),
    [
        ("0142", {"meruert"}),
        ("+7 (701) 555-01-42", {"meruert"}),
        ("8 701 555 01 42", {"meruert"}),
        ("5550142", {"meruert"}),
        ("7015550142", {"meruert"}),
        ("1420", set()),
        ("740999001", {"meruert"}),
        ("№ 740999001", {"meruert"}),
        ("77", {"short"}),
        ("меру", {"meruert"}),
        ("МЕРУЕРТ", {"meruert"}),
        ("Әсел", {"asel"}),
        ("әсел", {"asel"}),
        ("ӘСЕЛ", {"asel"}),
        ("  небывалова ", {"meruert"}),
        ("%", {"odd"}),
        ("_", {"odd"}),
        ("\\", {"odd"}),
        ("100% o'k", {"odd"}),
        ("'; DROP TABLE visits; --", set()),
        ("'; SELECT pg_sleep(9)", set()),
        ("\x00", None),
        ("   ", None),
        ("0", set()),
        ("9" * 40, set()),
        ("x" * 500, set()),
    ],
)
def test_search_by_phone_tail_number_and_name(desk: Desk, cashier: Browser, typed: str, finds: set[str] | None) -> None:
    """Those with `finds` None look for nothing and show the day."""
    known = {
        "meruert": desk.add_visit(name="Меруерт Небывалова", phone="77015550142", record_id=740999001, at=NOON),
        "asel": desk.add_visit(name="Әсел", phone="87019990000", at=NOON),
        "odd": desk.add_visit(name="100% o'k_\\", phone=None, at=NOON),
        "short": desk.add_visit(name=None, phone="77", record_id=77, at=NOON),
    }
    answer = cashier.submit("/acquire", {"q": typed, "day": str(DAY)})
    assert answer.status_code == 200
    expected = known if finds is None else finds
    assert set(shown(answer.text)) == {known[name].id for name in expected}


def test_numbers_are_found_on_every_day_and_names_on_the_chosen_one(desk: Desk, cashier: Browser) -> None:
    old = desk.add_visit(name="Асель", phone="77015550142", at=NOON - timedelta(days=30))
    assert shown(cashier.submit("/acquire", {"q": "0142", "day": str(DAY)}).text) == [old.id]
    assert shown(cashier.submit("/acquire", {"q": "Асель", "day": str(DAY)}).text) == []
    assert shown(cashier.submit("/acquire", {"q": "Асель", "day": str(old.day)}).text) == [old.id]


def test_search_goes_on_over_pages_and_filters(desk: Desk, cashier: Browser) -> None:
    for number in range(PAGE_SIZE + 3):
        desk.add_visit(name="Асель", at=NOON + timedelta(minutes=number))
    desk.add_visit(name="Асель", at=NOON, state="processed")
    fields = {"q": "асель", "day": str(DAY), "state": "awaiting"}
    first = cashier.submit("/acquire", fields).text
    after = re.search(r'name="after" value="([^"]+)"', first)
    assert after is not None
    second = cashier.submit("/acquire", {**fields, "after": after[1]}).text
    assert len(shown(first)) == PAGE_SIZE
    assert len(shown(second)) == 3
    assert not set(shown(first)) & set(shown(second))


SEARCHES = {
    "": "all",
    "0142": "all",
    "айгүл": "all",
    "740500105": "one",
    "7": "none",
    "Асель": "none",
    "a'b\\%_\"": "none",
    "1); --": "none",
}


@pytest.mark.parametrize("chosen", list(Filter))
def test_every_filter_search_and_page_narrow_together(desk: Desk, chosen: Filter) -> None:
    made = add_one_of_each(desk)
    of_state = [visit for state in _OF_FILTER[chosen] for visit in made[state]]
    kinds = {"all": of_state, "one": [v for v in of_state if v.record_id == 740500105], "none": []}
    with desk.sessions() as session:

        def find(typed: str, after: str | None) -> list[int]:
            rows = list_visits(
                session, EVERYWHERE, day=DAY, chosen=chosen, search=read_search(typed), after=read_cursor(after)
            )
            return sorted(row.id for row in rows)

        for typed, finds in SEARCHES.items():
            found = kinds[finds]
            assert find(typed, None) == sorted(visit.id for visit in found), typed
            # Behind an open visit of an earlier day: what is not open.
            behind = find(typed, "1.1780000000000000.5")
            assert behind == sorted(visit.id for visit in found if not visit.is_open), typed


@pytest.mark.parametrize(
    "query", ["day=x", "day=2026-13-40", "day=9999-12-31", "day=0001-01-01", "state=x", "day=%00", "state=%27"]
)
def test_a_query_nobody_made_is_no_error(cashier: Browser, query: str) -> None:
    assert cashier.get(f"/acquire?{query}").status_code == 200


@contextmanager
def count_statements(desk: Desk) -> Iterator[list[str]]:
    seen: list[str] = []
    engine = desk.sessions.kw["bind"]

    def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
        if "pg_catalog" not in statement:
            seen.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


def test_a_page_is_few_statements_however_many_visits(desk: Desk, cashier: Browser) -> None:
    add_one_of_each(desk)
    for number in range(PAGE_SIZE):
        desk.add_visit(at=NOON + timedelta(minutes=number))
    desk.app.state.frames.forget()  # type: ignore[attr-defined]
    with count_statements(desk) as seen:
        cashier.page(PAGE)
    assert len(seen) == 5, "who is signed in, the page, which cashboxes are paused; the registers and tasks of the frame"


def test_states_of_visits_on_the_screen(desk: Desk, cashier: Browser) -> None:
    visit = desk.add_visit(state="processing", at=NOON)
    desk.add_receipt(visit, state="pending")
    assert f'data-visit="{visit.id}"' in cashier.page(PAGE)
    told = cashier.get(f"/acquire/states?ids={visit.id},999,x,,{'9' * 30}").json()
    assert told == {str(visit.id): {"state": "queued", "label": "Ждёт кассу", "moving": True}}
    desk.execute("UPDATE receipts SET state = 'issued', fiscal_number = '1'")
    desk.execute("UPDATE webhook_records SET state = 'processed'")
    assert cashier.get(f"/acquire/states?ids={visit.id}").json()[str(visit.id)]["moving"] is False
    assert cashier.get("/acquire/states").json() == {}


def test_the_reason_is_shown_in_plain_words(desk: Desk, cashier: Browser) -> None:
    desk.add_visit(state="dead_lettered", code="10", reason="code 10: no active activation number", at=NOON)
    due = desk.add_visit(state="processed", at=NOON)
    desk.add_receipt(due, return_due_reason="the record is no longer paid in full")
    page = cashier.page(PAGE)
    assert "Касса не активирована или истекла лицензия." in page
    assert "Altegio больше не считает визит оплаченным" in page
    assert "activation" not in page
    assert desk.all(Receipt)[0].return_due_reason


def test_no_page_waits_for_a_full_collection(desk: Desk) -> None:
    """What the application is made of is not walked again and again."""
    gc.collect()
    assert gc.get_freeze_count() > 50_000
