"""A session that ends while something is in hand: nothing is swallowed, and the way back is one sign-in."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import PASSWORD
from tests.browser.test_paying import CARD, TAKE, await_receipt, open_visit
from tests.browser.test_returning import RETURNED, operations, pay
from tests.browser.test_selling import LINES, sold
from tests.support.shop import Shop

AGAIN = "#typed-again"


def end_session(page: Page) -> None:
    page.context.clear_cookies(name=re.compile("session"))


def sign_in_again(page: Page, login: str = "aigerim") -> None:
    page.fill("#login", login)
    page.fill("#password", PASSWORD)
    page.click("main .primary")


def kept(page: Page) -> str | None:
    said: str | None = page.evaluate("sessionStorage.getItem('typed')")
    return said


def test_a_payment_without_a_session_says_so_and_is_taken_after_signing_in(page: Page, shop: Shop) -> None:
    record_id = shop.book(("Окрашивание", 7200))
    open_visit(page, record_id)
    visit = page.url
    page.click("label[for=m-split]")
    page.fill("#amount_card", "5000")
    page.click("[data-rest=amount_cash]")
    page.fill("#cash_received_split", "3000")
    page.click(".customer summary")
    page.fill("#email", "klient@example.kz")
    page.fill("#phone", "8 701 555 01 42")
    page.fill("#xin", "920813300359")
    end_session(page)
    page.click(TAKE)
    expect(page.locator("[role=alert]")).to_contain_text("Оплата 7\u00a0200\u00a0₸ не принята.")
    assert shop.receipts(record_id) == []
    assert not re.search("klient|5550142|9208133", page.url)

    page.check("[data-reveal]")
    expect(page.locator("#password")).to_have_attribute("type", "text")
    sign_in_again(page)
    page.wait_for_url(visit)
    expect(page.locator(AGAIN)).to_be_visible()
    expect(page.locator("[data-left] b")).to_have_text("0\u00a0₸")
    expect(page.locator("#phone")).to_be_visible()
    assert kept(page) is None
    page.click(TAKE)
    await_receipt(page)
    (receipt,) = shop.receipts(record_id)
    assert (receipt["total"], receipt["change"]) == ("7200.00", "800.00")
    assert receipt["request"]["CustomerEmail"] == "klient@example.kz"
    assert receipt["request"]["CustomerXin"] == "920813300359"


def test_the_notice_on_the_page_leads_back_to_what_was_typed(page: Page, shop: Shop) -> None:
    open_visit(page, shop.book())
    page.click("label[for=m-cash]")
    page.fill("#cash_received", "5 000")
    end_session(page)
    page.evaluate("endSession()")
    page.click("[data-sign-in-again]")
    sign_in_again(page)
    expect(page.locator("[data-change] b")).to_have_text("1\u00a0000\u00a0₸")
    expect(page.locator("#m-cash")).to_be_checked()


def test_a_page_that_is_too_old_leads_back_to_what_was_typed(page: Page, shop: Shop) -> None:
    """Signed in again in another window, the browser has another session."""
    record_id = shop.book(("Окрашивание", 7200))
    open_visit(page, record_id)
    page.click("label[for=m-cash]")
    page.fill("#cash_received", "8 000")
    end_session(page)
    other = page.context.new_page()
    other.goto(page.url)
    sign_in_again(other)
    other.wait_for_url(page.url)
    other.close()
    page.click(TAKE)
    expect(page.locator("main [role=alert]")).to_contain_text("слишком долго")
    assert shop.receipts(record_id) == []
    page.click("main [role=alert] .primary")
    expect(page.locator(AGAIN)).to_be_visible()
    expect(page.locator("[data-change] b")).to_have_text("800\u00a0₸")
    assert kept(page) is None
    page.click(TAKE)
    await_receipt(page)


def test_nobody_else_sees_what_was_typed(page: Page, shop: Shop) -> None:
    record_id = shop.book()
    open_visit(page, record_id)
    visit = page.url
    page.click("label[for=m-card]")
    page.click(".customer summary")
    page.fill("#phone", "8 701 555 01 42")
    secret = "<input type=password name=pin value=481516>"
    page.locator("form.pay").evaluate("(form, field) => form.insertAdjacentHTML('beforeend', field)", secret)
    end_session(page)
    page.click(TAKE)
    page.wait_for_selector("#login")
    assert "555" in (kept(page) or "")
    assert "481516" not in (kept(page) or "")
    sign_in_again(page, "daulet")
    page.wait_for_url(visit)
    expect(page.locator("#phone")).to_have_value("")
    expect(page.locator("#m-card")).not_to_be_checked()
    assert kept(page) is None


def test_what_was_taken_is_kept_nowhere(page: Page, shop: Shop) -> None:
    record_id = shop.book()
    open_visit(page, record_id)
    page.click("label[for=m-card]")
    page.click(TAKE)
    await_receipt(page)
    assert kept(page) is None


def test_a_sale_has_its_lines_again(page: Page, shop: Shop) -> None:
    pay(page, shop.book(("Эпиляция", 4000)))
    before = len(sold(shop))
    page.goto("/acquire/sale")
    page.click("[data-offers] button:has-text('Эпиляция')")
    expect(page.locator(LINES)).to_have_count(1)
    page.fill("#discount_0", "10%")
    expect(page.locator("[data-take]")).to_have_text("Принять 3\u00a0600\u00a0₸")
    page.click(".by-hand summary")
    page.fill("#title_1", "Пакет")
    page.fill("#price_1", "50")
    page.click("label[for=m-card]")
    end_session(page)
    page.click(".by-hand button")
    sign_in_again(page)
    expect(page.locator(LINES)).to_have_count(2)
    expect(page.locator("#m-card")).to_be_checked()
    expect(page.locator(AGAIN)).to_be_visible()
    end_session(page)
    page.click("[data-take]")
    expect(page.locator("[role=alert]")).to_contain_text("не принята")
    sign_in_again(page)
    expect(page.locator("[data-take]")).to_have_text("Принять 3\u00a0650\u00a0₸")
    expect(page.locator(AGAIN)).to_be_visible()
    page.click("[data-take]")
    await_receipt(page)
    (receipt,) = sold(shop)[before:]
    assert (receipt["total"], receipt["payments"]) == ("3650.00", [{"type": CARD, "sum": "3650.00"}])


def test_a_return_has_its_lines_and_reason_again(manager: Page, shop: Shop) -> None:
    record_id = shop.book(("Стрижка", 4000), ("Укладка", 3500))
    pay(manager, record_id)
    manager.click("text=Оформить возврат")
    manager.locator("[data-step='-1']").first.click()
    manager.click("label[for=r-changed_mind]")
    end_session(manager)
    manager.click("button.danger")
    expect(manager.locator("[role=alert]")).to_contain_text("Возврат не оформлен")
    sign_in_again(manager, "director")
    expect(manager.locator("[data-return-total] b")).to_have_text("3\u00a0500\u00a0₸")
    expect(manager.locator("#r-changed_mind")).to_be_checked()
    manager.click("button.danger")
    manager.wait_for_url(RETURNED)
    assert operations(shop, record_id)[1:] == [(3, "3500.00")]
