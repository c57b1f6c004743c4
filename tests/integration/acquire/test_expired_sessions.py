"""A session that ended swallows nothing: the page says what was not done, and leads back to where it was pressed."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from shared.storage.models import CashboxOrder, Checkout, ReturnOrder
from tests.support.desk import PASSWORD, Browser, Desk

ORIGIN = "http://127.0.0.1"


def press(browser: Browser, path: str, fields: dict[str, str], page: str | None = None) -> str:
    """Presses with a session that is gone; where the answer leads to."""
    browser.cookies.delete("acquire_session")
    headers = {"referer": f"{ORIGIN}{page}"} if page else {}
    answer = browser.post(path, data={"form_token": "0" * 64, **fields}, headers=headers)
    assert answer.status_code == 303
    return answer.headers["location"]


def sign_in_again(browser: Browser, address: str) -> str:
    page = browser.page(address)
    hidden = dict(re.findall(r'<input type="hidden" name="(form_token|next|lost)" value="([^"]*)"', page))
    answer = browser.post("/acquire/login", data={**hidden, "login": "aigul", "password": PASSWORD})
    assert answer.status_code == 303
    return answer.headers["location"]


def test_a_payment_is_named_by_its_sum_and_leads_back_to_its_visit(desk: Desk, cashier: Browser) -> None:
    visit = desk.add_visit("7200")
    path = f"/acquire/visits/{visit.id}"
    fields = {"method": "card", "shown_total": "7200.00", "phone": "+77015550142", "email": "dana@example.kz"}
    address = press(cashier, path, fields, page=path)
    page = cashier.page(address)
    assert "Оплата 7\u00a0200\u00a0₸ не принята." in page
    assert "Сессия закончилась." in page
    assert "Чек не пробит." in page
    assert desk.all(Checkout) == []
    assert "7701" not in address
    assert "dana" not in address
    assert sign_in_again(cashier, address) == path


@pytest.mark.parametrize(
    ("path", "page", "said", "place"),
    [
        ("/acquire/visits/7", None, "Оплата не принята.", "/acquire/visits/7"),
        ("/acquire/receipts/3/return", "/acquire/receipts/3/return", "Возврат не оформлен.", "/acquire/receipts/3/return"),
        ("/acquire/drawer", "/acquire/drawer", "Операция с кассой не проведена.", "/acquire/drawer"),
        ("/acquire/attention/5/retry", None, "Ничего не сделано.", "/acquire/attention"),
        ("/acquire/attention/5/retry", "/acquire/visits/9", "Ничего не сделано.", "/acquire/visits/9"),
        ("/acquire/account/password", "/acquire/account", "Ничего не сделано.", "/acquire/account"),
    ],
)
def test_whatever_was_pressed_is_said_not_to_be_done(
    desk: Desk, cashier: Browser, path: str, page: str | None, said: str, place: str
) -> None:
    address = press(cashier, path, {"reason": "x"}, page)
    assert said in cashier.page(address)
    assert sign_in_again(cashier, address) == place
    assert desk.all(Checkout) == desk.all(ReturnOrder) == desk.all(CashboxOrder) == []


@pytest.mark.parametrize("path", ["/acquire", "/acquire/logout"])
def test_a_search_and_signing_out_lose_nothing(desk: Desk, cashier: Browser, path: str) -> None:
    address = press(cashier, path, {"q": "0142"})
    assert parse_qs(urlsplit(address).query) == {"next": ["/acquire"]}
    assert "Ничего не сделано" not in cashier.page(address)


@pytest.mark.parametrize(
    ("asked", "place"),
    [
        ("/acquire/visits/17", "/acquire/visits/17"),
        ("/acquire?day=2026-11-28", "/acquire?day=2026-11-28"),
        ("/acquire/audit?q=Дана", "/acquire/audit"),
        ("/acquire/audit?next=//evil.example", "/acquire/audit"),
    ],
)
def test_a_page_that_asked_for_a_session_opens_after_it(desk: Desk, cashier: Browser, asked: str, place: str) -> None:
    cashier.cookies.delete("acquire_session")
    address = cashier.get(asked).headers["location"]
    assert "После входа откроется та же страница" in cashier.page(address) or place == "/acquire"
    assert sign_in_again(cashier, address) == place


def test_a_wrong_password_and_another_language_keep_the_way_back(desk: Desk, cashier: Browser) -> None:
    address = press(cashier, "/acquire/visits/7", {"shown_total": "4000"})
    page = cashier.page(address)
    hidden = dict(re.findall(r'<input type="hidden" name="(form_token|next|lost)" value="([^"]*)"', page))
    again = cashier.post("/acquire/login", data={**hidden, "login": "aigul", "password": "wrong"})
    assert again.status_code == 401
    assert "Оплата 4\u00a0000\u00a0₸ не принята." in again.text
    kazakh = cashier.post("/acquire/language", data={**hidden, "language": "kk"})
    assert "4\u00a0000\u00a0₸ төлем қабылданған жоқ." in cashier.page(kazakh.headers["location"])
    assert sign_in_again(cashier, kazakh.headers["location"]) == "/acquire/visits/7"


@pytest.mark.parametrize("planted", ["payment:7200:9999999999", "payment:7200:9999999999." + "0" * 64, "x", "::"])
def test_nobody_else_can_make_the_page_say_that(desk: Desk, planted: str) -> None:
    assert "не принята" not in desk.browser().page(f"/acquire/login?lost={planted}")


@pytest.mark.parametrize("total", ["", "x", "1e9", "-5", "NaN", "9" * 30, "7 200", "<b>"])
def test_a_sum_that_is_none_is_not_shown(desk: Desk, cashier: Browser, total: str) -> None:
    page = cashier.page(press(cashier, "/acquire/visits/7", {"shown_total": total}))
    assert "Оплата не принята." in page


def test_another_site_is_never_the_way_back(desk: Desk, cashier: Browser) -> None:
    cashier.cookies.delete("acquire_session")
    headers = {"referer": "https://evil.example/acquire/visits/666"}
    address = cashier.post("/acquire/visits/7", data={}, headers=headers).headers["location"]
    assert parse_qs(urlsplit(address).query)["next"] == ["/acquire/visits/7"]


def test_a_form_of_another_window_says_what_was_not_done_and_leads_back(desk: Desk, cashier: Browser) -> None:
    visit = desk.add_visit("7200")
    path = f"/acquire/visits/{visit.id}"
    answer = cashier.post(path, data={"form_token": "0" * 64, "method": "card"}, headers={"referer": f"{ORIGIN}{path}"})
    assert answer.status_code == 403
    assert "Оплата не принята." in answer.text
    assert f'<a class="button primary" href="{path}">Вернуться назад</a>' in answer.text
    assert desk.all(Checkout) == []


def test_refusals_say_what_to_do_and_lead_back(desk: Desk, cashier: Browser) -> None:
    nothing = cashier.get("/acquire/visits/999")
    assert nothing.status_code == 404
    assert "там видно, принята ли она" in nothing.text
    assert 'href="/acquire">К визитам</a>' in nothing.text
    denied = cashier.get("/acquire/audit", headers={"referer": f"{ORIGIN}/acquire/drawer"})
    assert denied.status_code == 403
    assert "Попросите управляющего" in denied.text
    assert 'href="/acquire/drawer">Вернуться назад</a>' in denied.text


def test_sign_in_names_the_salon_only_where_there_is_one(desk: Desk) -> None:
    desk.execute("INSERT INTO cashboxes (unique_number, name) VALUES ('SWK1', 'Салон на Абая')")
    desk.app.state.frames.forget()  # type: ignore[attr-defined]
    page = desk.browser().page("/acquire/login")
    assert "Салон на Абая" in page
    assert "Логин и пароль выдаёт управляющий." in page
    desk.execute("INSERT INTO cashboxes (unique_number, name) VALUES ('SWK2', 'Салон на Сатпаева')")
    desk.app.state.frames.forget()  # type: ignore[attr-defined]
    page = desk.browser().page("/acquire/login")
    assert "Салон на" not in page
    assert "Касс: 2" not in page
