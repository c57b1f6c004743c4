"""No other site signs anybody in or sends our forms, and no other host plants a cookie."""

import pytest

from shared.storage.models import AuditEvent, Checkout, StaffSession
from tests.integration.acquire.test_forms_and_roles import fill, list_routes
from tests.integration.acquire.test_signing_in import is_in
from tests.support.desk import PASSWORD, Browser, Desk

FOREIGN = [
    {"origin": "https://evil.example"},
    {"origin": "null"},
    {"origin": "https://127.0.0.1.evil.example"},
    {"origin": "http://[broken"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1"},
]
OURS = [
    {},
    {"origin": "http://127.0.0.1"},
    {"origin": "http://127.0.0.1:8443"},
    {"sec-fetch-site": "same-origin", "origin": "http://127.0.0.1"},
    {"sec-fetch-site": "same-origin", "origin": "null"},
    {"sec-fetch-site": "none"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_another_site_signs_nobody_in(desk: Desk, headers: dict[str, str]) -> None:
    """Even with a form token that the attacker fetched and planted."""
    desk.add_user("mallory")
    victim = desk.browser()
    answer = victim.submit("/acquire/login", {"login": "mallory", "password": PASSWORD}, headers=headers)
    assert answer.status_code == 403
    assert not is_in(victim)
    assert desk.all(StaffSession) == desk.all(AuditEvent) == []


@pytest.mark.parametrize("headers", OURS, ids=str)
def test_our_own_page_and_scripts_without_an_origin_sign_in(desk: Desk, headers: dict[str, str]) -> None:
    desk.add_user("aigul")
    answer = desk.browser().submit("/acquire/login", {"login": "aigul", "password": PASSWORD}, headers=headers)
    assert answer.status_code == 303


@pytest.mark.parametrize("path", list_routes("POST"))
def test_another_site_sends_no_form_of_ours(desk: Desk, manager: Browser, path: str) -> None:
    desk.add_visit()
    fields = {"method": "card", "form_key": "0d1b2a0e-0000-4000-8000-000000000001"}
    assert manager.submit(fill(path), fields, headers=FOREIGN[0]).status_code == 403
    assert desk.all(Checkout) == []
    assert is_in(manager)


def test_over_https_cookies_are_of_this_host_alone(desk: Desk) -> None:
    desk.add_user("aigul")
    browser = desk.browser("https://127.0.0.1")
    answer = browser.submit("/acquire/login", {"login": "aigul", "password": PASSWORD})
    set_cookies = {cookie.partition("=")[0]: cookie for cookie in answer.headers.get_list("set-cookie")}
    assert set(set_cookies) == {"__Host-acquire_session", "__Host-acquire_device"}
    for cookie in set_cookies.values():
        assert all(word in cookie for word in ("Secure", "HttpOnly", "Path=/;", "SameSite=lax"))
        assert "Domain" not in cookie
    assert is_in(browser)
    tongue = browser.submit("/acquire/language", {"language": "kk"}).headers["set-cookie"]
    assert tongue.startswith("__Secure-acquire_language=kk;")
    assert "Secure" in tongue
    gone = browser.submit("/acquire/logout").headers["set-cookie"]
    assert gone.startswith("__Host-acquire_session=")
    assert "Max-Age=0" in gone
    assert "Secure" in gone
    assert not is_in(browser)


def test_over_https_a_cookie_that_any_host_could_plant_opens_nothing(desk: Desk, cashier: Browser) -> None:
    planted = str(cashier.cookies["acquire_session"])
    victim = desk.browser("https://127.0.0.1")
    assert victim.get("/acquire", headers={"cookie": f"acquire_session={planted}"}).status_code == 303
    assert victim.get("/acquire", headers={"cookie": f"__Host-acquire_session={planted}"}).status_code == 200
