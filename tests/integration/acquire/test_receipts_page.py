"""All receipts of all days and kinds on one page: found by what staff remember of them, narrowed, and saved as a file."""

import html
import io
import re
import zipfile
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from shared.clock import ALMATY
from shared.storage.models import HandBack, PaymentRecord, Receipt
from tests.support.desk import COMPANY, Browser, Desk, minutes, position

NOON = datetime.now(ALMATY).replace(hour=12, minute=0, second=0, microsecond=0)

NO_TIME = timedelta()


def add(desk: Desk, total: str = "4000", *, ago: timedelta = NO_TIME, **values: Any) -> Receipt:
    """The receipt of a visit, issued so long before this noon."""
    of_visit = {name: values.pop(name) for name in ("name", "phone", "record_id", "company_id") if name in values}
    visit = desk.add_visit(total, state="processed", at=NOON - ago, **of_visit)
    return desk.add_receipt(visit, issued_at=NOON - ago, created_at=NOON - ago, **values)


def add_goods(desk: Desk, title: str, price: int, **values: Any) -> Receipt:
    return desk.add_receipt(positions=[position(title, 1, price)], issued_at=NOON, created_at=NOON, **values)


def list_shown(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'class="receipt-row" href="/acquire/receipts/([0-9]+)"', page)]


def search(browser: Browser, typed: str, **fields: str) -> list[int]:
    """Typed and sent: POST, 303, GET."""
    answer = browser.submit("/acquire/receipts", {"q": typed, **fields})
    assert answer.status_code == 303
    return list_shown(browser.page(answer.headers["location"]))


def test_all_days_and_kinds_newest_first(desk: Desk, cashier: Browser) -> None:
    old = add(desk, ago=timedelta(days=40))
    yesterday = add(desk, ago=timedelta(days=1))
    goods = add_goods(desk, "Шампунь", 2500)
    top_up = add_goods(desk, "Предоплата", 20000, external_check_number="altegio_deposit_6001")
    certificate = add_goods(desk, "Сертификат", 15000)
    with desk.sessions.begin() as session:
        session.add(
            PaymentRecord(
                company_id=COMPANY,
                document_id=certificate.document_id,
                operation_id=1,
                amount=15000,
                kind="card",
                sold_item_type="loyalty_certificate",
            )
        )
    part = add(desk, "3000", operation_id=77)
    back = add(desk, "2500", kind="return", basis=goods)
    page = cashier.page("/acquire/receipts")
    assert list_shown(page) == [back.id, part.id, certificate.id, top_up.id, goods.id, yesterday.id, old.id]
    said = [html.unescape(text) for text in re.findall(r"</b><small>([^<·]+)", page)]
    assert [text.strip() for text in said] == [
        *("Возврат", "Предоплата", "Сертификат или абонемент", "Пополнение депозита", "Товары без визита"),
        *("Визит", "Визит"),
    ]
    assert "Сегодня, " in page
    assert "Вчера, " in page
    assert f"−2{chr(0xA0)}500{chr(0xA0)}₸" in page


@pytest.mark.parametrize("typed", ["9 900", "9900", "9 900 ₸", "9900,00"])
def test_yesterdays_9900_is_found_by_its_sum(desk: Desk, cashier: Browser, typed: str) -> None:
    """Three steps: Receipts in the rail, the sum and Enter, the row under the heading Yesterday."""
    for number in range(40):
        add(desk, str(4000 + number * 250), ago=minutes(number))
    wanted = add(desk, "9900", ago=timedelta(days=1), name="Дана Тестова")
    add(desk, "9900", ago=timedelta(days=9))
    answer = cashier.submit("/acquire/receipts", {"q": typed})
    page = cashier.page(answer.headers["location"])
    assert list_shown(page)[0] == wanted.id
    assert page.index("Вчера, ") < page.index(f"/acquire/receipts/{wanted.id}")
    assert "Дана Тестова" in cashier.page(f"/acquire/receipts/{wanted.id}")


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("7 200,50", ["tiyn"]),
        ("айгул", ["aigul"]),
        ("Сейткалиева Айгул", ["aigul"]),
        ("АЙГҮЛ", ["aigul"]),
        ("дана", ["dana"]),
        ("0142", ["aigul"]),
        ("+7 701 555-01-42", ["aigul"]),
        ("87015550142", ["aigul"]),
        ("740500999", ["dana"]),
        ("№740500999", ["dana"]),
        ("330007777", ["tiyn"]),
        ("6006", ["goods"]),
        ("altegio_goods_6006", ["goods"]),
        ("%", []),
        ("айгул дана", []),
        ("123", []),
    ],
)
def test_what_staff_remember_finds_it(desk: Desk, cashier: Browser, typed: str, found: Sequence[str]) -> None:
    known = {
        "aigul": add(desk, "1000", name="Айгүл Сейтқалиева", phone="77015550142"),
        "dana": add(desk, "2000", name="Дана Тестова", phone="77015550999", record_id=740500999),
        "tiyn": add(desk, "7200.50", name=None, phone=None, fiscal_number="330007777"),
        "goods": add_goods(desk, "Шампунь", 3000, document_id=6006, external_check_number="altegio_goods_6006"),
    }
    with_document = search(cashier, typed)
    assert with_document == [known[name].id for name in found]


def test_no_address_holds_what_was_typed(desk: Desk, cashier: Browser) -> None:
    add(desk, name="Дана Тестова")
    address = cashier.submit("/acquire/receipts", {"q": "Дана Тестова"}).headers["location"]
    assert address.startswith("/acquire/receipts?key=")
    assert "Дана" not in html.unescape(address)
    assert 'value="Дана Тестова"' in cashier.page(address)
    desk.add_user("omar")
    assert "Дана Тестова" not in re.findall(r'name="q"[^>]*', desk.sign_in("omar").page(address))[0]
    assert cashier.get(address + "x").status_code == 200, "a key that is none of ours finds everything"
    assert cashier.submit("/acquire/receipts", {"q": "  "}).headers["location"] == "/acquire/receipts?"


def test_pages_neither_skip_nor_repeat(desk: Desk, cashier: Browser) -> None:
    """Also of one moment."""
    made = [add(desk, ago=minutes(number // 7)).id for number in range(65)]
    seen, address = [], "/acquire/receipts?sort=visit"
    while address:
        page = cashier.page(address)
        seen += list_shown(page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = html.unescape(following.group(1)) if following else ""
    assert sorted(seen) == sorted(made)
    assert len(seen) == 65


def test_pages_of_a_search_go_on(desk: Desk, cashier: Browser) -> None:
    made = {add(desk, "9900", ago=minutes(number)).id for number in range(45)}
    answer = cashier.submit("/acquire/receipts", {"q": "9900"})
    first = cashier.page(answer.headers["location"])
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following
    second = cashier.page(html.unescape(following.group(1)))
    assert {*list_shown(first), *list_shown(second)} == made
    assert len(list_shown(first)) + len(list_shown(second)) == 45


def test_it_is_narrowed(desk: Desk, cashier: Browser) -> None:
    aigul = 1
    visit = add(desk, "1000", staff_user_id=aigul)
    goods = add_goods(desk, "Шампунь", 2000)
    desk.execute("UPDATE receipts SET request = jsonb_set(request, '{Payments,0,PaymentType}', '4') WHERE id = 2")
    old = add(desk, "3000", ago=timedelta(days=3))
    waiting = add(desk, "4000", state="pending", next_attempt_at=NOON)
    refused = add(desk, "5000", state="rejected", error_kind="ReceiptRejected", error_code="9")
    back = add(desk, "1000", kind="return", basis=visit)
    returned = add(desk, "6000", returned=True)
    due = add(desk, "7000", return_due_reason="the record was deleted")
    shown = {
        query: set(list_shown(cashier.page(f"/acquire/receipts?{query}")))
        for query in (
            *("period=yesterday", "period=week", f"day={NOON:%Y-%m-%d}", "sort=goods", "sort=return", "sort=visit"),
            *("way=mobile", "way=cash", "state=waiting", "state=refused", "state=returned", "state=return_due"),
            *("cashier=1", "cashier=99", "sort=goods&way=mobile", "sort=goods&way=card"),
        )
    }
    every = {one.id for one in (visit, goods, old, waiting, refused, back, returned, due)}
    assert shown == {
        "period=yesterday": set(),
        "period=week": every,
        f"day={NOON:%Y-%m-%d}": every - {old.id},
        "sort=goods": {goods.id},
        "sort=return": {back.id},
        "sort=visit": every - {goods.id, back.id},
        "way=mobile": {goods.id},
        "way=cash": set(),
        "state=waiting": {waiting.id},
        "state=refused": {refused.id},
        "state=returned": {returned.id},
        "state=return_due": {due.id},
        "cashier=1": {visit.id},
        "cashier=99": set(),
        "sort=goods&way=mobile": {goods.id},
        "sort=goods&way=card": set(),
    }
    page = cashier.page("/acquire/receipts")
    for words in ("Пробивается", "Не пробит: нужна помощь", "Возвращён частично", "Возвращён", "Нужен возврат", "Пробит"):
        assert words in page, words


def test_a_choice_is_shown_and_taken_back(desk: Desk, cashier: Browser) -> None:
    add(desk)
    page = cashier.page("/acquire/receipts?sort=visit&period=week")
    assert re.search(r'class="pill" href="/acquire/receipts\?period=week">.*?Визит', page)
    answer = cashier.submit("/acquire/receipts", {"q": "4000", "sort": "visit", "period": "week"})
    assert answer.headers["location"].startswith("/acquire/receipts?period=week&sort=visit&key=")


def test_money_that_is_not_given_back_yet_is_seen(desk: Desk, cashier: Browser) -> None:
    back = add(desk, kind="return", basis=add(desk))
    with desk.sessions.begin() as session:
        session.add(HandBack(return_receipt_id=back.id, kind="card", amount=4000))
    assert "Деньги ещё не отданы" in cashier.page("/acquire/receipts")
    desk.execute("UPDATE hand_backs SET ticked_at = now(), ticked_by_id = 1")
    assert "Деньги ещё не отданы" not in cashier.page("/acquire/receipts")


def test_what_is_shown_is_saved_as_a_file(desk: Desk, manager: Browser) -> None:
    for number in range(35):
        add(desk, "9900", ago=minutes(number), name="=1+1")
    add(desk, "1234")
    address = manager.submit("/acquire/receipts", {"q": "9900"}).headers["location"]
    query = address.partition("?")[2]
    answer = manager.get(f"/acquire/receipts/file.xlsx?{query}&after=1.1")
    assert "attachment" in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        words = book.read("xl/sharedStrings.xml").decode()
    assert sheet.count("<row ") == 36
    assert "<v>9900</v>" in sheet
    assert "<v>1234</v>" not in sheet
    assert "<f>" not in sheet
    assert all(title in words for title in ("Дата и время", "Способы оплаты", "Кассир", "Пробит"))
    rows = manager.get(f"/acquire/receipts/file.csv?{query}").text.splitlines()
    assert len(rows) == 36
    assert "'=1+1" in rows[1]
    assert manager.get("/acquire/receipts/file.pdf").status_code == 404


def test_an_empty_list_says_what_to_try(cashier: Browser) -> None:
    assert "первый появится здесь сам" in cashier.page("/acquire/receipts")
    assert "другое написание" in cashier.page(cashier.submit("/acquire/receipts", {"q": "зззз"}).headers["location"])


def test_a_receipt_of_a_bad_row_is_shown(desk: Desk, cashier: Browser) -> None:
    receipt = add(desk)
    desk.execute("UPDATE receipts SET request = jsonb_build_object('Payments', '[]'::jsonb, 'Positions', '[]'::jsonb)")
    assert list_shown(cashier.page("/acquire/receipts")) == [receipt.id]
    assert cashier.get(f"/acquire/receipts/{receipt.id}").status_code == 200


def test_a_name_behind_a_thousand_newer_receipts_is_found(desk: Desk, cashier: Browser) -> None:
    """Once each, the newest first."""
    far = add(desk, ago=timedelta(days=2), name="Меруерт", phone="77015559999")
    near = add(desk, name="Меруерт", phone="77015559999")
    add(desk, ago=timedelta(days=1), name="Дана", record_id=80_000_000, external_check_number="between")
    desk.execute(
        "INSERT INTO receipts (company_id, cashbox_id, kind, document_id, external_check_number, total, tax, request, state,"
        " fiscal_number, issued_at) SELECT company_id, cashbox_id, kind, n, 'between_' || n, total, tax, request, state,"
        " 'between ' || n, issued_at FROM receipts, generate_series(1, 1100) AS n WHERE external_check_number = 'between'"
    )
    assert search(cashier, "меруерт") == [near.id, far.id]
    assert search(cashier, "9999") == [near.id, far.id]


def test_only_those_who_made_receipts_may_be_chosen(desk: Desk) -> None:
    """And of those only whose receipts are of one's own salons."""
    names = {login: desk.add_user(login, salons=[COMPANY]) for login in ("made", "idle", "abroad", "looks")}
    add(desk, staff_user_id=names["made"])
    add(desk, staff_user_id=names["abroad"], company_id=COMPANY + 1)
    page = desk.sign_in("looks").page("/acquire/receipts")
    assert set(re.findall(r"cashier=([0-9]+)", page)) == {str(names["made"])}
