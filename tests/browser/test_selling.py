"""Somebody walks in: a sale without a visit, with the comfort of scripts and without them."""

import re
from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_paying import CARD, CASH, MOBILE, await_receipt
from tests.browser.test_returning import pay
from tests.support.shop import Shop

LINES, TAKE = "fieldset.sold", "button[data-take]"


def sold(shop: Shop) -> list[dict[str, object]]:
    return [row for row in shop.simulator.receipts() if str(row["external_check_number"]).startswith("altegio_desk_")]


def test_chosen_changed_and_paid_in_cash(page: Page, shop: Shop) -> None:
    pay(page, shop.book(("Стрижка", 4000), ("Шампунь", 2500)))
    before = len(sold(shop))
    page.goto("/acquire/sale")
    address = page.url
    page.fill("[data-find]", "шам")
    expect(page.locator("[data-offers] li:visible")).to_have_count(1)
    page.press("[data-find]", "Enter")
    expect(page.locator(LINES)).to_have_count(1)
    page.fill("[data-find]", "")
    for count in (2, 2):
        page.click("[data-offers] button:has-text('Стрижка')")
        expect(page.locator(LINES)).to_have_count(count)
    expect(page.locator("#count_1")).to_have_value("2")
    page.fill("#discount_1", "10%")
    expect(page.locator(TAKE)).to_have_text("Принять 9 700 ₸")
    page.click("label[for=m-cash]")
    page.fill("#cash_received", "10 000")
    expect(page.locator("[data-change] b")).to_have_text("300 ₸")
    page.click(f"{LINES} >> nth=0 >> button[name=remove]")
    expect(page.locator(TAKE)).to_have_text("Принять 7 200 ₸")
    expect(page.locator("[data-change] b")).to_have_text("2 800 ₸")
    page.click(".by-hand summary")
    page.fill("#title_1", "Пакет")
    page.fill("#price_1", "50,50")
    page.click(".by-hand button")
    expect(page.locator(LINES)).to_have_count(2)
    assert page.url == address
    page.press("#cash_received", "Enter")
    await_receipt(page)
    receipt = sold(shop)[before]
    assert (receipt["total"], receipt["payments"]) == ("7250.50", [{"type": CASH, "sum": "10000.00"}])


def test_tiles_and_keys_are_those_of_a_visit(page: Page, shop: Shop) -> None:
    pay(page, shop.book(("Бритьё", 4000)))
    before = len(sold(shop))
    page.goto("/acquire/sale")
    page.click("[data-offers] button:has-text('Бритьё')")
    expect(page.locator(LINES)).to_have_count(1)
    page.keyboard.press("2")
    expect(page.locator("#m-card")).to_be_checked()
    expect(page.locator(".panel.terminal")).to_contain_text("Сначала проведите 4 000 ₸ на терминале")
    page.click("[data-offers] button:has-text('Бритьё')")
    expect(page.locator(".panel.terminal")).to_contain_text("Сначала проведите 8 000 ₸ на терминале")
    page.keyboard.press("1")
    page.click(".notes button:has-text('10 000')")
    expect(page.locator("[data-change] b")).to_have_text("2 000 ₸")
    tile = page.locator("label[for=m-mobile]")
    tile.dblclick()
    expect(page.locator("#m-mobile")).to_be_checked()
    tile.click()
    await_receipt(page)
    assert sold(shop)[before]["payments"] == [{"type": MOBILE, "sum": "8000.00"}]


def test_without_scripts(open_context: Callable[..., BrowserContext], page: Page, shop: Shop) -> None:
    pay(page, shop.book(("Стрижка", 4000)))
    before = len(sold(shop))
    plain = open_context(java_script_enabled=False).new_page()
    plain.goto("/acquire/sale")
    plain.click(".offers button:has-text('Стрижка')")
    plain.wait_for_url(re.compile("title_0="))
    plain.fill("#price_0", "4 500")
    plain.click("label[for=m-card]")
    plain.click(TAKE)
    expect(plain.locator("#fault-method")).to_contain_text("4 500 ₸")
    plain.click(TAKE)
    await_receipt(plain)
    assert sold(shop)[before]["payments"] == [{"type": CARD, "sum": "4500.00"}]
