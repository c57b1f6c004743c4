"""Reports, books and the drawer as managers and cashiers see them, carried out at the register."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from shared.clock import almaty_date, utc_now
from tests.browser.test_returning import pay
from tests.support.accessibility import find_grave_faults
from tests.support.shop import Shop

MONTH = f"{almaty_date(utc_now()):%Y-%m}"
PAGES = ("/acquire/shifts", "/acquire/books", f"/acquire/books?month={MONTH}", "/acquire/drawer")


def test_a_z_report_by_hand_is_shown_and_stored(manager: Page, shop: Shop) -> None:
    pay(manager, shop.book())
    manager.goto("/acquire/shifts")
    manager.click("button[value=x_report]")
    manager.wait_for_url(re.compile(r"/acquire/orders/\d+/report"))
    expect(manager.locator("h1")).to_have_text("X-отчёт")
    manager.goto("/acquire/shifts")
    manager.click("button[value=z_report]")
    manager.wait_for_url(re.compile(r"/acquire/orders/\d+/report"))
    expect(manager.locator("h1")).to_have_text("Z-отчёт")
    manager.goto("/acquire/shifts")
    expect(manager.locator("text=Открытой смены нет")).to_be_visible()
    manager.locator("td a", has_text="Z-отчёт").first.click()
    expect(manager.locator(".slip h1")).to_have_text("Z-отчёт")


def test_cash_goes_into_the_drawer_and_no_more_comes_out_than_is_there(page: Page, shop: Shop) -> None:
    pay(page, shop.book())
    page.goto("/acquire/drawer")
    page.click("label[for=k-deposit]")
    page.fill("#amount", "20 000")
    page.fill("#reason", "размен")
    page.click("button.primary")
    page.wait_for_url(re.compile(r"/acquire/drawer\?done="))
    expect(page.locator("[role=status]")).to_contain_text("20 000 ₸")
    page.click("label[for=k-withdrawal]")
    page.fill("#amount", "999 999")
    page.click("button.primary")
    expect(page.locator("[data-label]")).to_have_text("Отказано")
    expect(page.locator("[data-text]")).to_contain_text("не хватает наличных")


def test_the_month_leads_to_the_day_and_to_the_file(manager: Page, shop: Shop) -> None:
    pay(manager, shop.book())
    manager.goto("/acquire/books")
    manager.locator(".chips a", has_text="Месяц").click()
    expect(manager.locator(".chart rect.room").first).to_be_visible()
    manager.locator(".chart a").last.click()
    expect(manager).to_have_url(re.compile(r"day=\d{4}-\d\d-\d\d"))
    with manager.expect_download() as download:
        manager.click("text=Скачать XLSX")
    assert Path(download.value.path()).read_bytes()[:2] == b"PK"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1024])
def test_pages_are_legible_and_fit(open_context: Callable[..., BrowserContext], shop: Shop, scheme: str, width: int) -> None:
    context = open_context("director", color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    for address in PAGES:
        page.goto(address)
        assert find_grave_faults(page) == [], address
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
