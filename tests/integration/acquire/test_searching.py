"""Search: by any words of a visit on all days, in any spelling that a keyboard at the desk allows, and the way back."""

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

import pytest
from sqlalchemy import text

from api.acquire.visits.queries import PAGE_SIZE
from api.acquire.visits.search import LETTERS, PLAIN, fold
from shared.clock import utc_now
from tests.integration.acquire.test_visits import shown
from tests.support.desk import Browser, Desk

NOON = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "finds"),
    [
        ("0142", {"meruert"}),
        ("+7 (701) 555-01-42", {"meruert"}),
        ("8 701 555 01 42", {"meruert"}),
        ("5550142", {"meruert"}),
        ("8 701 55501", {"meruert"}),
        ("701555014", {"meruert"}),
        ("7015550142", {"meruert"}),
        ("меруерт 0142", {"meruert"}),
        ("1420", set()),
        ("740999001", {"meruert"}),
        ("№ 740999001", {"meruert"}),
        ("77", {"short"}),
        ("9900", {"aigul"}),
        ("9 900", {"aigul"}),
        ("9 900 ₸", {"aigul"}),
        ("990", set()),
        ("330001234567", {"aigul"}),
        ("меру", {"meruert"}),
        ("МЕРУЕРТ", {"meruert"}),
        ("Небывалова Меруерт", {"meruert"}),
        ("меруерт небыв", {"meruert"}),
        ("меруерт иванова", set()),
        ("Әсел", {"asel"}),
        ("асел", {"asel"}),
        ("ӘСЕЛ", {"asel"}),
        ("айгул", {"aigul"}),
        ("Айгүл", {"aigul"}),
        ("жулдыз", {"juldyz"}),
        ("ЖҰЛДЫЗ", {"juldyz"}),
        ("конырат", {"juldyz"}),
        ("Қоңырат", {"juldyz"}),
        ("гулнар", {"aigul"}),
        ("Гүлнар маникюр", {"aigul"}),
        ("хан", {"short"}),
        ("фёдор", {"odd"}),
        ("федор", {"odd"}),
        ("100% o'k", {"odd"}),
        ("'; DROP TABLE visits; --", set()),
        ("'; SELECT pg_sleep(9)", set()),
        ("0", set()),
        ("9" * 40, set()),
        ("x" * 500, set()),
    ],
)
def test_every_word_counts_in_any_order_and_spelling(desk: Desk, cashier: Browser, typed: str, finds: set[str]) -> None:
    known = {
        "meruert": desk.add_visit(name="Меруерт Небывалова", phone="77015550142", record_id=740999001, at=NOON),
        "asel": desk.add_visit(name="Әсел", phone="87019990000", at=NOON),
        "aigul": desk.add_visit(
            "9900", name="Айгүл", phone="77015550777", title="Маникюр", specialist="Гүлнар Асқарова", at=NOON
        ),
        "juldyz": desk.add_visit("1", name="Қоңырат Жұлдыз", phone=None, at=NOON - timedelta(days=400)),
        "odd": desk.add_visit(name="Фёдор 100% o'k_\\", phone=None, at=NOON),
        "short": desk.add_visit(name="Һан", phone="77", record_id=77, at=NOON),
    }
    desk.add_receipt(known["aigul"], fiscal_number="330001234567")
    assert set(shown(cashier.search(typed))) == {known[name].id for name in finds}


@pytest.mark.parametrize("typed", ["\x00", "   ", "%", "_", "\\", "—"])
def test_what_holds_no_word_looks_for_nothing(desk: Desk, cashier: Browser, typed: str) -> None:
    desk.add_visit()
    answer = cashier.submit("/acquire", {"q": typed})
    assert cashier.get(answer.headers["location"]).status_code == 200


def test_page_and_database_fold_alike(desk: Desk) -> None:
    spelled = (LETTERS, LETTERS.upper(), "ъьЪЬ", "Ёлка, №5 — «Ыбырай» 1 000 ₸ / o'k_%\\", "Zoë", "日本")
    with desk.sessions() as session:
        for said in spelled:
            folded = session.scalar(text("SELECT fold_words(:said)"), {"said": said})
            assert folded == f" {fold(said)} ", said
    assert fold(LETTERS) == PLAIN


def test_today_comes_first_and_then_the_nearest_day(desk: Desk, cashier: Browser) -> None:
    now = utc_now()
    days = [desk.add_visit(name="Асель", at=now + timedelta(days=away)) for away in (-30, 2, 0, -1)]
    assert shown(cashier.search("асель")) == [days[index].id for index in (2, 3, 1, 0)]


def test_what_was_found_has_pages(desk: Desk, cashier: Browser) -> None:
    for number in range(PAGE_SIZE + 3):
        desk.add_visit(name="Асель", at=NOON + timedelta(minutes=number))
    first = cashier.search("асель")
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None
    second = cashier.page(following[1].replace("&amp;", "&"))
    assert (len(shown(first)), len(shown(second))) == (PAGE_SIZE, 3)
    assert not set(shown(first)) & set(shown(second))


def test_enter_on_a_single_hit_opens_it(desk: Desk, cashier: Browser) -> None:
    visit = desk.add_visit(name="Меруерт")
    answer = cashier.submit("/acquire", {"q": "меруерт"})
    assert re.fullmatch(rf"/acquire/visits/{visit.id}\?q=[\w-]+", answer.headers["location"])
    page = cashier.page(answer.headers["location"])
    assert 'value="меруерт"' in page
    assert '<form class="card pay"' in page
    desk.add_visit(name="Меруерт")
    assert cashier.submit("/acquire", {"q": "меруерт"}).headers["location"].startswith("/acquire?q=")


def test_words_are_in_no_address_and_another_session_reads_none_from_it(
    desk: Desk, cashier: Browser, manager: Browser
) -> None:
    visit, other = desk.add_visit(name="Меруерт"), desk.add_visit(name="Дана")
    address = cashier.submit("/acquire", {"q": "меруерт", "typing": "1"}).headers["location"]
    assert "меруерт" not in unquote(address)
    assert shown(cashier.page(address)) == [visit.id]
    assert set(shown(manager.page(address))) == {visit.id, other.id}, "as if nothing was searched for"
    for key in ("x", "A" * 2000, address.partition("=")[2][:-3] + "AAA"):
        assert set(shown(cashier.page(f"/acquire?q={key}"))) == {visit.id, other.id}


def test_the_way_back_keeps_what_was_searched_for(desk: Desk, cashier: Browser) -> None:
    visit = desk.add_visit(name="Меруерт", at=NOON)
    address = cashier.submit("/acquire", {"q": "меруерт", "typing": "1", "day": "2026-11-20"}).headers["location"]
    link = re.search(rf'href="(/acquire/visits/{visit.id}\?[^"]+)"', cashier.page(address))
    assert link is not None
    page = cashier.page(link[1].replace("&amp;", "&"))
    assert f'<p class="back"><a href="{address.replace("&", "&amp;")}">' in page
    assert "day=2026-11-20" in address


def test_nothing_found_is_said_once(desk: Desk, cashier: Browser) -> None:
    desk.add_visit()
    page = cashier.search("зззз")
    assert page.count("Ничего не найдено") == 1
    assert "по запросу" not in page


def test_a_visit_that_lost_its_client_in_time_is_no_longer_found(desk: Desk, cashier: Browser) -> None:
    desk.add_visit(name="Меруерт", phone="77015550142")
    desk.execute("UPDATE visits SET client_name = NULL, client_phone = NULL")
    assert shown(cashier.search("меруерт")) == shown(cashier.search("0142")) == []


@pytest.mark.parametrize("side", [-1, 1])
def test_what_lies_behind_a_thousand_others_is_found_as_well(desk: Desk, cashier: Browser, side: int) -> None:
    """Once, and beside what is nearer."""
    between = desk.add_visit("4000", name="Дана", at=utc_now() + side * timedelta(days=1))
    near = desk.add_visit("9900", name="Меруерт", at=utc_now() + side * timedelta(days=1))
    far = desk.add_visit("9900", name="Меруерт", at=utc_now() + side * timedelta(days=3))
    desk.execute(
        "INSERT INTO visits (company_id, record_id, delivery_id, visit_at, day, client_name, title, lines, total, is_open)"
        " SELECT company_id, 90000000 + n, delivery_id, visit_at, day, client_name, title, lines, total, is_open"
        " FROM visits, generate_series(1, 1100) AS n WHERE id = :id",
        id=between.id,
    )
    assert shown(cashier.search("меруерт")) == shown(cashier.search("9900")) == [near.id, far.id]
