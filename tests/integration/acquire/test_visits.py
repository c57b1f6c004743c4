"""The list: order, parts of a day, pages, filters, and what it costs."""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import event

from api.acquire.access.salons import EVERYWHERE
from api.acquire.visits.day import BUSY_SHOWN, list_day, list_filtered
from api.acquire.visits.listing import NOW_SHOWN, read_cursor, write_cursor
from api.acquire.visits.queries import PAGE_SIZE, find_states
from api.acquire.visits.states import NEEDS_PERSON, UNDER_WAY, Filter, Section, VisitState
from shared.clock import ALMATY, almaty_date, clock, utc_now
from shared.storage.models import Receipt, Visit
from tests.support.desk import Browser, Desk, position

NOON = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
DAY = almaty_date(NOON)
PAGE = f"/acquire?day={DAY}"


def shown(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'class="visit" href="/acquire/visits/(\d+)', page)]


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
    Filter.ALL: set(VisitState) - {VisitState.DELETED},
    Filter.AWAITING: {VisitState.AWAITING},
    Filter.UNDER_WAY: {VisitState.QUEUED, VisitState.SENDING},
    Filter.TASKS: {VisitState.ATTENTION, VisitState.RETURN_DUE},
    Filter.DONE: {VisitState.ISSUED, VisitState.RETURNED, VisitState.NOT_NEEDED},
    Filter.DELETED: {VisitState.DELETED},
}


@pytest.mark.parametrize("chosen", list(Filter))
def test_every_filter_shows_exactly_the_visits_of_its_states(desk: Desk, cashier: Browser, chosen: Filter) -> None:
    made = add_one_of_each(desk)
    expected = {visit.id for state in _OF_FILTER[chosen] for visit in made[state]}
    found = set(shown(cashier.page(f"{PAGE}&state={chosen}")))
    if chosen is Filter.ALL:  # of those under way a few stand for all
        assert found <= expected
        busy = {visit.id for state in (*UNDER_WAY, *NEEDS_PERSON) for visit in made[state]}
        assert found - busy == expected - busy
        assert len(found & busy) == 2 * BUSY_SHOWN
    else:
        assert found == expected
    with desk.sessions() as session:
        rows = find_states(session, EVERYWHERE, [visit.id for visits in made.values() for visit in visits])
    assert {row.id: row.state for row in rows} == {visit.id: state for state, visits in made.items() for visit in visits}


@pytest.mark.parametrize(
    ("old", "new"), [("issued", Filter.DONE), ("attention", Filter.TASKS), ("return_due", Filter.TASKS)]
)
def test_addresses_kept_from_before_lead_to_the_same(desk: Desk, cashier: Browser, old: str, new: Filter) -> None:
    add_one_of_each(desk)
    assert shown(cashier.page(f"{PAGE}&state={old}")) == shown(cashier.page(f"{PAGE}&state={new}")) != []


def test_chips_say_how_many(desk: Desk, cashier: Browser) -> None:
    made = add_one_of_each(desk)
    page = cashier.page(PAGE)
    told = {state: int(count) for state, count in re.findall(r'class="chip-(\w+)"[^>]*>[^<]*<b>(\d+)</b>', page)}
    assert told == {
        state.value: sum(len(made[one]) for one in _OF_FILTER[state])
        for state in (Filter.AWAITING, Filter.UNDER_WAY, Filter.TASKS, Filter.DONE)
    }


def test_a_sale_made_again_after_a_return_is_the_one_that_counts(desk: Desk) -> None:
    visit = desk.add_visit(state="processed", at=NOON)
    desk.add_receipt(visit, returned=True, return_due_reason="the record was deleted")
    desk.add_receipt(visit)
    desk.add_receipt(visit, state="rejected")
    with desk.sessions() as session:
        (row,) = list_filtered(session, EVERYWHERE, DAY, Filter.DONE)
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


@pytest.fixture
def at_0944() -> Iterator[datetime]:
    """It is 09:44 in Almaty, of a day to come."""
    morning = datetime.combine(almaty_date(datetime.now(UTC)) + timedelta(days=1), time(9, 44), ALMATY)
    clock.ahead = morning - datetime.now(UTC)
    yield morning
    clock.ahead = timedelta(0)


def sections(page: str) -> dict[str, list[int]]:
    """What stands in sight, and what is folded: `earlier`, `later`, `done`."""
    folded = dict(re.findall(r'<details id="(\w+)".*?</summary>(.*?)</details>', page, re.DOTALL))
    in_sight = re.sub(r'<details id="(?:earlier|later|done)".*?</details>', "", page, flags=re.DOTALL)
    return {"in sight": shown(in_sight), **{name: shown(part) for name, part in folded.items() if name != "pick-day"}}


@pytest.mark.parametrize("paid_share", [0, 4])
def test_at_0944_of_a_full_day_the_client_of_0940_is_in_the_first_six_rows(
    desk: Desk, cashier: Browser, at_0944: datetime, paid_share: int
) -> None:
    """Two hundred visits from nine to nine; four of five paid so far, or none at all."""
    opening = at_0944.replace(hour=9, minute=0)
    at_desk = None
    for number in range(200):
        at = opening + timedelta(minutes=number * 3.6)
        is_at_desk = at.strftime("%H:%M") == "09:39"
        is_paid = at <= at_0944 and number % 5 < paid_share and not is_at_desk
        visit = desk.add_visit(at=at, state="processed" if is_paid else "awaiting_payment")
        if is_paid:
            desk.add_receipt(visit)
        if is_at_desk:
            at_desk = visit
    desk.add_visit(at=at_0944 - timedelta(minutes=9), state="dead_lettered", code="9")
    assert at_desk is not None
    page = cashier.page("/acquire")
    assert at_desk.id in shown(page)[:NOW_SHOWN]
    assert ">09:44<" in page


def test_a_day_is_told_by_who_has_to_pay_now(desk: Desk, cashier: Browser, at_0944: datetime) -> None:
    def add(minutes: float, **values: Any) -> int:
        return int(desk.add_visit(at=at_0944 + timedelta(minutes=minutes), **values).id)

    later, soon = add(60), add(10)
    over = [add(-minutes) for minutes in range(80, 0, -10)]
    came_early = add(30, attendance=1)
    absent, free, unpriced = add(-15, attendance=-1), add(-16, total="0"), add(-5, total=None)
    moving, stuck = add(-200, state="processing"), add(-100, state="dead_lettered", code="9")
    paid, no_money = add(-20, state="processed"), add(-21, state="ignored")
    add(-3, state="ignored", is_deleted=True)
    parts = sections(cashier.page("/acquire"))
    now = [*over, unpriced, came_early]
    assert parts["in sight"] == [*over[4:], unpriced, came_early, moving, stuck]
    assert sorted(parts["in sight"][:NOW_SHOWN] + parts["earlier"]) == sorted(now)
    assert parts["earlier"] == over[:4]
    assert parts["later"] == [soon, later]
    assert parts["done"] == [absent, free, paid, no_money]


def test_a_free_visit_needs_no_receipt_and_no_person(desk: Desk, cashier: Browser) -> None:
    free = desk.add_visit("0")
    page = cashier.page("/acquire")
    assert "Бесплатно, чек не нужен" in page
    assert 'class="chip-awaiting"' not in page
    page = cashier.page(f"/acquire/visits/{free.id}")
    assert "Бесплатно, чек не нужен" in page
    assert "не удаётся посчитать" not in page
    assert "<form class=" not in page.split('class="pane-visit"')[1]


def test_a_row_says_whom_they_came_to_and_only_what_is_out_of_the_ordinary(desk: Desk, cashier: Browser) -> None:
    desk.add_visit(specialist="Гүлнар Асқарова")
    desk.add_receipt(desk.add_visit(state="processed"))
    page = cashier.page("/acquire")
    assert "Гүлнар Асқарова" in page
    assert 'class="badge' not in page
    desk.add_visit(attendance=1)
    assert "Уже здесь" in cashier.page("/acquire")


def test_today_has_no_date_in_its_address(desk: Desk, cashier: Browser, at_0944: datetime) -> None:
    """So a tablet that stays open past midnight renews itself with the new day."""
    today, tomorrow = almaty_date(at_0944), almaty_date(at_0944) + timedelta(days=1)
    before = desk.add_visit(at=at_0944)
    page = cashier.page(f"/acquire?day={today}")
    assert f"day={today}" not in page
    assert "Сегодня, " in page
    assert 'id="visits" class="visits" data-live="visits receipts tasks"' in page
    clock.ahead += timedelta(hours=15)
    after = desk.add_visit(at=utc_now())
    assert almaty_date(utc_now()) == tomorrow
    page = cashier.page("/acquire")
    assert shown(page) == [after.id]
    assert f"day={today}" in page, "yesterday is one step back"
    assert shown(cashier.page(f"/acquire?day={today}")) == [before.id]


def test_a_visit_stands_beside_the_list_it_was_chosen_from(desk: Desk, cashier: Browser) -> None:
    visits = [desk.add_visit(at=NOON + timedelta(minutes=number)) for number in range(3)]
    page = cashier.page(f"{PAGE}&state=awaiting")
    address = f"/acquire/visits/{visits[1].id}?day={DAY}&amp;state=awaiting"
    assert f'href="{address}"' in page
    page = cashier.page(address.replace("&amp;", "&"))
    assert shown(page.split('class="pane-visit"')[0]) == [visit.id for visit in visits]
    assert re.search(rf'href="{re.escape(address)}" aria-current="true"', page)
    paid = cashier.submit(address.replace("&amp;", "&"), {"method": "card", "form_key": str(uuid4())})
    assert paid.headers["location"] == f"/acquire/visits/{visits[1].id}/progress?day={DAY}&state=awaiting"
    receipt = desk.add_receipt(visits[1])
    desk.execute("UPDATE webhook_records SET state = 'processed'")
    done = cashier.get(paid.headers["location"]).headers["location"]
    assert done == f"/acquire/success/{receipt.id}?day={DAY}&state=awaiting"
    assert f'data-next href="/acquire?day={DAY}&amp;state=awaiting"' in cashier.page(done)


def test_the_day_is_almatys(desk: Desk, cashier: Browser) -> None:
    before = desk.add_visit(at=datetime(2026, 11, 19, 18, 59, tzinfo=UTC))
    after = desk.add_visit(at=datetime(2026, 11, 19, 19, 1, tzinfo=UTC))
    assert shown(cashier.page("/acquire?day=2026-11-19")) == [before.id]
    assert shown(cashier.page("/acquire?day=2026-11-20")) == [after.id]
    today = desk.add_visit()
    assert shown(cashier.page("/acquire")) == [today.id]


@pytest.mark.parametrize("chosen", [Filter.AWAITING, Filter.DONE])
def test_pages_show_every_visit_once_even_of_one_moment(desk: Desk, cashier: Browser, chosen: Filter) -> None:
    """Seventy at the same minute, and times that differ by a microsecond."""
    state = "awaiting_payment" if chosen is Filter.AWAITING else "processed"
    visits = [desk.add_visit(at=NOON + timedelta(microseconds=number % 3), state=state) for number in range(70)]
    seen: list[int] = []
    address = f"{PAGE}&state={chosen}"
    for _ in range(5):
        page = cashier.page(address)
        assert len(shown(page)) <= PAGE_SIZE
        seen += shown(page)
        following = re.search(r'rel="next" href="(/acquire\?[^"]*after=[^"]*)"', page)
        if following is None:
            break
        address = following[1].replace("&amp;", "&")
    in_order = sorted(visits, key=lambda v: (v.visit_at, v.id), reverse=chosen is Filter.DONE)
    assert seen == [v.id for v in in_order]


def test_a_visit_that_is_paid_meanwhile_shifts_no_page(desk: Desk) -> None:
    visits = [desk.add_visit(at=NOON + timedelta(minutes=number)) for number in range(PAGE_SIZE + 5)]
    with desk.sessions() as session:
        first = list_filtered(session, EVERYWHERE, DAY, Filter.AWAITING)
        after = read_cursor(write_cursor(first[PAGE_SIZE - 1]))
        desk.execute("UPDATE visits SET is_open = false WHERE id = :id", id=visits[0].id)
        session.rollback()
        second = list_filtered(session, EVERYWHERE, DAY, Filter.AWAITING, after)
    assert [row.id for row in second] == [visit.id for visit in visits[PAGE_SIZE:]]


def test_a_part_of_a_day_shows_a_screenful_and_says_how_many_there_are(desk: Desk, cashier: Browser) -> None:
    for number in range(40):
        desk.add_visit(at=NOON + timedelta(minutes=number), state="processed")
    page = cashier.page(PAGE)
    assert len(shown(page)) == 30
    assert "Показать все: 40" in page
    with desk.sessions() as session:
        assert list_day(session, EVERYWHERE, DAY, NOON).counts[Section.DONE] == 40


@pytest.mark.parametrize(
    "after", ["", "x", "1.2", "1.2.x", "1.99999999999999999999.1", "2.0.1", "1.0.-1", "1.0." + "9" * 40, "é"]
)
def test_a_cursor_nobody_made_starts_at_the_beginning_or_shows_nothing(desk: Desk, cashier: Browser, after: str) -> None:
    desk.add_visit(at=NOON)
    assert cashier.get("/acquire", params={"day": str(DAY), "after": after}).status_code == 200


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
        # The addresses of webhooks and the settings are read now and then beside all pages.
        if not any(name in statement for name in ("pg_catalog", "webhook_addresses", "FROM changed_settings")):
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
    assert len(seen) <= 8, "who is signed in, paused cashboxes, the list, today's money, the drawer's two; the frame's two"


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
