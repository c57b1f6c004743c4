"""A page that is left open: rows appear by themselves, work in hand is left alone, and a session that ended is said."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import TABLET, sign_in
from tests.support.shop import Shop


def test_a_visit_appears_by_itself(page: Page, shop: Shop) -> None:
    page.goto("/acquire")
    record_id = shop.book(name="Ерте Келген")
    expect(page.locator(f"a.visit:has-text('{record_id}')")).to_be_visible()


def test_a_visit_appears_without_a_stream_too(open_context: Callable[..., BrowserContext], shop: Shop) -> None:
    page = open_context("aigerim", **TABLET).new_page()
    page.route(lambda url: url.split("?")[0].endswith("/acquire/live"), lambda route: route.abort())
    page.add_init_script("delete window.EventSource")
    page.goto("/acquire")
    record_id = shop.book()
    expect(page.locator(f"a.visit:has-text('{record_id}')")).to_be_visible()


def test_what_is_typed_stays(page: Page, shop: Shop) -> None:
    page.goto("/acquire")
    page.evaluate(
        "const note = document.createElement('input'); note.id = 'note'; note.value = '7200';"
        "document.getElementById('visits').append(note);"
        "document.addEventListener('live', () => { window.isTold = true; });"
    )
    record_id = shop.book()
    page.wait_for_function("() => window.isTold")
    assert page.input_value("#note") == "7200"
    page.fill("#note", "")
    page.evaluate("document.activeElement.blur()")
    expect(page.locator(f"a.visit:has-text('{record_id}')")).to_be_visible()


def test_a_session_that_ended_is_said_and_nothing_typed_is_lost(
    open_context: Callable[..., BrowserContext], shop: Shop
) -> None:
    context = open_context(None, **TABLET)
    page, other = context.new_page(), context.new_page()
    sign_in(page, shop.service.api_url, "daulet")
    page.wait_for_selector(".rail")
    page.fill("#q", "Айгүл")
    other.goto("/acquire")
    other.click(".menu summary")
    other.click("text=Выйти")
    expect(page.locator("#session-over")).to_be_visible()
    expect(page.locator("#session-over")).to_contain_text("Сессия закончилась, войдите снова")
    assert page.input_value("#q") == "Айгүл"
