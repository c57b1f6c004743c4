"""A session that ends while a payment is in hand: nothing is swallowed, and the way back is one sign-in."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import PASSWORD, TABLET
from tests.browser.test_paying import CARD, TAKE, await_receipt, open_visit
from tests.support.shop import Shop


def test_a_payment_without_a_session_says_so_and_is_taken_after_signing_in(
    open_context: Callable[..., BrowserContext], shop: Shop
) -> None:
    context = open_context("aigerim", **TABLET)
    page = context.new_page()
    record_id = shop.book(("Окрашивание", 7200))
    open_visit(page, record_id)
    visit = page.url
    page.click("label[for=m-card]")
    context.clear_cookies(name=re.compile("session"))
    page.click(TAKE)
    expect(page.locator("[role=alert]")).to_contain_text("Оплата 7\u00a0200\u00a0₸ не принята.")
    assert shop.receipts(record_id) == []

    password = page.locator("#password")
    page.fill("#login", "aigerim")
    password.fill(PASSWORD)
    page.check("[data-reveal]")
    expect(password).to_have_attribute("type", "text")
    page.click("main .primary")
    page.wait_for_url(visit)
    expect(page.locator(".total b").first).to_have_text("7\u00a0200\u00a0₸")
    page.click("label[for=m-card]")
    page.click(TAKE)
    await_receipt(page)
    assert shop.paid(record_id) == {CARD: "7200.00"}
