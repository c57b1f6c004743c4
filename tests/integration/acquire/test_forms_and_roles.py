"""Every form carries the token of its session, and what is for managers is for managers, on every route there is."""

import pytest
from fastapi.routing import iter_route_contexts

from api.main import app
from shared.storage.models import Checkout, Replay, ReturnOrder
from tests.support.desk import Browser, Desk

OPEN = {"/acquire/login", "/acquire/language"}
MANAGER = {
    "/acquire/attention/{id}/retry",
    "/acquire/settings",
    "/acquire/settings/goods",
    "/acquire/settings/goods.csv",
    "/acquire/audit",
    "/acquire/receipts/file.{extension}",
}


def list_routes(method: str) -> list[str]:
    """But the stream of changes, which has no end: test_live.py listens to it."""
    found = {route.path for route in iter_route_contexts(app.routes) if method in (route.methods or ())}
    return sorted(str(path) for path in found - {"/acquire/live"} if str(path).startswith("/acquire"))


def fill(path: str) -> str:
    return path.replace("{id}", "1").replace("{rest:path}", "nothing")


def test_the_lists_of_this_test_are_those_of_the_application() -> None:
    assert {*list_routes("GET"), *list_routes("POST")} >= MANAGER | OPEN
    assert list_routes("PUT") == list_routes("DELETE") == list_routes("PATCH") == []
    assert not any(path.startswith("/acquire") for path in app.openapi()["paths"])


@pytest.mark.parametrize("path", list_routes("POST"))
def test_a_form_without_the_token_of_its_session_does_nothing(desk: Desk, manager: Browser, path: str) -> None:
    visit = desk.add_visit(state="dead_lettered", code="9")
    desk.add_receipt(desk.add_visit(state="processed"))
    assert visit.id == 1
    fields = {"method": "card", "form_key": "0d1b2a0e-0000-4000-8000-000000000001", "reason": "x", "count_0": "1"}
    for token in (None, "", "0" * 64, "é", desk.sign_in("dana").form_token()):
        answer = manager.post(fill(path), data=fields if token is None else {**fields, "form_token": token})
        assert answer.status_code == 403, token
        assert desk.all(Checkout) == desk.all(ReturnOrder) == desk.all(Replay) == [], token
        assert manager.get("/acquire").status_code == 200, f"still signed in after {token!r}"


@pytest.mark.parametrize("path", sorted(OPEN))
def test_forms_before_sign_in_have_a_token_too(desk: Desk, path: str) -> None:
    browser = desk.browser()
    known = browser.form_token()
    assert browser.post(path, data={"language": "kk"}).status_code == 403
    assert desk.browser().post(path, data={"language": "kk", "form_token": known}).status_code == 403
    assert browser.post(path, data={"language": "kk", "form_token": known}).status_code in (303, 401)


@pytest.mark.parametrize("path", [path for path in list_routes("POST") if path not in OPEN])
def test_forms_are_for_those_who_signed_in(desk: Desk, path: str) -> None:
    browser = desk.browser()
    answer = browser.submit(fill(path), {"q": "x"})
    assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (303, "/acquire/login")


@pytest.mark.parametrize("path", [path for path in list_routes("GET") if path not in OPEN])
def test_pages_are_for_those_who_signed_in(desk: Desk, path: str) -> None:
    answer = desk.browser().get(fill(path))
    if path == "/acquire/{rest:path}":
        assert answer.status_code == 404
    else:
        assert answer.status_code == (401 if path.endswith(("/state", "/states", "/news")) else 303)


@pytest.mark.parametrize("path", [path for path in list_routes("GET") if path in MANAGER])
def test_a_cashier_may_not_open_what_is_for_managers(cashier: Browser, path: str) -> None:
    answer = cashier.get(fill(path))
    assert answer.status_code == 403
    assert "управляющ" in answer.text


@pytest.mark.parametrize("path", [path for path in list_routes("POST") if path in MANAGER])
def test_a_cashier_may_not_do_what_is_for_managers(desk: Desk, cashier: Browser, path: str) -> None:
    desk.add_visit(state="dead_lettered", code="9")
    assert cashier.submit(fill(path), {"reason": "x"}).status_code == 403
    assert desk.all(ReturnOrder) == desk.all(Replay) == []


def test_buttons_for_managers_are_not_shown_to_cashiers(desk: Desk, cashier: Browser, manager: Browser) -> None:
    desk.add_visit(state="dead_lettered", code="9")
    receipt = desk.add_receipt(desk.add_visit(state="processed"))
    assert "/retry" in manager.page("/acquire/tasks")
    assert "/retry" not in cashier.page("/acquire/tasks")
    assert receipt.fiscal_number in manager.page("/acquire/receipts")
    assert "/acquire/receipts/file.xlsx" in manager.page("/acquire/receipts")
    assert "/acquire/receipts/file.xlsx" not in cashier.page("/acquire/receipts")
    assert "/acquire/audit" not in cashier.page("/acquire")


def test_a_role_that_was_taken_away_is_gone_at_once(desk: Desk, manager: Browser) -> None:
    assert manager.get("/acquire/audit").status_code == 200
    desk.execute("UPDATE staff_users SET role = 'cashier'")
    assert manager.get("/acquire/audit").status_code == 403


def test_a_form_larger_than_a_form_is_refused(cashier: Browser) -> None:
    assert cashier.submit("/acquire", {"q": "x" * 70_000}).status_code == 413
    many = "&".join(f"f{number}=1" for number in range(2000))
    answer = cashier.post("/acquire", content=many, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        *("/acquire/visits/{}", "/acquire/success/{}", "/acquire/receipts/{}", "/acquire/receipts/{}/return"),
        *("/acquire/receipts/{}/method", "/acquire/returns/{}"),
    ],
)
def test_numbers_nobody_has_are_a_page_that_says_so(manager: Browser, path: str) -> None:
    for number in ("999", "0", "-1", "x", "9" * 18, "9" * 30, "1.5", "%00", "1%27"):
        answer = manager.get(path.format(number))
        assert answer.status_code == 404, number
        assert "Такой страницы нет" in answer.text, number
