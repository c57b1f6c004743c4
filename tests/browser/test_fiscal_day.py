"""Reports, books and the drawer as managers and cashiers see them, carried out at the register."""

import itertools
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from shared.clock import almaty_date, utc_now
from tests.browser.test_returning import pay
from tests.support.accessibility import find_grave_faults
from tests.support.effort import IS_THOROUGH
from tests.support.payloads import payment
from tests.support.shop import Shop

MONTH = f"{almaty_date(utc_now()):%Y-%m}"
_operations = itertools.count(71_000_001)
MONEY = ("Деньги помимо чеков", "Необъяснённый приход", "Внесено на депозиты клиентов", "Долг", "Депозит клиента")
PHONE: ViewportSize = {"width": 360, "height": 740}
DESKTOP: ViewportSize = {"width": 1366, "height": 768}
SIZES: list[ViewportSize] = [{"width": 390, "height": 800}, {"width": 1024, "height": 800}]
SCHEMES: list[Literal["light", "dark"]] = ["dark", "light"]
LOOKS = list(itertools.product(SIZES, SCHEMES) if IS_THOROUGH else zip(SIZES, SCHEMES, strict=True))
PAGES = (
    *("/acquire/shift", "/acquire/tasks", "/acquire/day", "/acquire/audit", "/acquire/shifts", "/acquire/drawer"),
    *("/acquire/books", f"/acquire/books?month={MONTH}"),
)


def test_a_shift_is_counted_and_closed(manager: Page, shop: Shop) -> None:
    pay(manager, shop.book())
    manager.goto("/acquire/shift")
    manager.click("button[value=x_report]")
    manager.wait_for_url(re.compile(r"/acquire/orders/\d+/report"))
    expect(manager.locator("h1")).to_have_text("X-отчёт")
    manager.goto("/acquire/shift")
    close_shift(manager, "проверка")
    expect(manager.locator("h1")).to_have_text("Z-отчёт")
    expect(manager.locator(".side")).to_contain_text("проверка")
    manager.goto("/acquire/shift")
    expect(manager.locator("text=Открытой смены нет")).to_be_visible()
    manager.goto("/acquire/shifts")
    manager.locator("td a", has_text="Z-отчёт").first.click()
    expect(manager.locator(".slip h1")).to_have_text("Z-отчёт")


def close_shift(manager: Page, reason: str) -> None:
    """Counts by notes one more than there can be, says why, confirms, and waits for the report."""
    manager.click("text=Закрыть смену")
    manager.click("summary:has-text('Пересчитать по купюрам')")
    manager.fill("#note_20000", "99")
    expect(manager.locator("#counted")).to_have_value("1980000")
    manager.fill("#coins", "0,50")
    expect(manager.locator("[data-notes-sum] b")).to_have_text("1\u00a0980\u00a0000,50\u00a0₸")
    manager.click("text=Сверить")
    manager.fill("#reason", reason)
    manager.click("text=Далее")
    manager.click("button.danger")
    manager.wait_for_url(re.compile(r"/acquire/orders/\d+/report"))


def test_a_report_is_printed(manager: Page, shop: Shop) -> None:
    manager.add_init_script("window.print = () => { window.printed = true; }")
    pay(manager, shop.book())
    manager.goto("/acquire/shift")
    manager.click("button[value=x_report]")
    manager.wait_for_url(re.compile(r"/acquire/orders/\d+/report"))
    for paper, width in (("slip", 80), ("sheet", 210)):
        print_on(manager, paper, width)


def print_on(manager: Page, paper: str, width: int) -> None:
    manager.emulate_media(media="screen")
    manager.evaluate("window.printed = false")
    manager.click(f"[data-print={paper}]")
    assert manager.evaluate("window.printed")
    manager.emulate_media(media="print")
    expect(manager.locator(".top")).to_be_hidden()
    expect(manager.locator(".side")).to_be_hidden()
    expect(manager.locator(".slip")).to_be_visible()
    sizes = re.findall(rb"/MediaBox \[0 0 ([\d.]+)", manager.pdf(prefer_css_page_size=True))
    assert len(sizes) == 1
    assert float(sizes[0]) / 72 * 25.4 == pytest.approx(width, abs=0.5)


def test_cash_goes_into_the_drawer_and_no_more_comes_out_than_is_there(page: Page, shop: Shop) -> None:
    pay(page, shop.book())
    page.goto("/acquire/shift")
    move(page, "deposit", "20 000")
    page.wait_for_url(re.compile(r"/acquire/shift\?done="))
    expect(page.locator(".change[role=status]")).to_contain_text("20 000 ₸")
    orders = page.url
    move(page, "withdrawal", "9 999 999")
    expect(page.locator("#fault-amount")).to_contain_text("В ящике")
    assert page.url != orders, "the form is shown again, nothing was ordered"


def move(page: Page, kind: str, amount: str) -> None:
    page.click("summary:has-text('Внести или изъять')")
    page.click(f"label[for^=k-{kind}]")
    page.fill("input[name=amount]", amount)
    page.click(".move button.primary")


def test_the_month_leads_to_the_day_and_to_the_file(manager: Page, shop: Shop) -> None:
    pay(manager, shop.book())
    manager.goto("/acquire/books")
    manager.locator(".chips a", has_text="Месяц").click()
    expect(manager.locator(".calendar")).to_be_visible()
    manager.locator(".calendar a").last.click()
    expect(manager).to_have_url(re.compile(r"day=\d{4}-\d\d-\d\d"))
    with manager.expect_download() as download:
        manager.click("text=Скачать XLSX")
    assert Path(download.value.path()).read_bytes()[:2] == b"PK"


def tell_all_money(shop: Shop) -> None:
    """Something for every part of the books, and cash moved for the drawer."""
    now = f"{utc_now():%Y-%m-%dT%H:%M:%SZ}"
    today = almaty_date(utc_now())
    number = _operations

    def tell(amount: int, **fields: Any) -> None:
        place = {"record_id": 0, "visit_id": 0, "document_id": 0, "sold_item_id": 0, "sold_item_type": None}
        body = payment(next(number), amount, **{**place, "changed": now, "date": now, "client": None, **fields})
        row_id = shop.service.post(body).json()["record_id"]
        shop.service.wait_for_state(row_id, "processed", "ignored", "dead_lettered")

    def name(title: str, kind: int = 7) -> dict[str, Any]:
        return {"expense": {"id": 90, "title": title, "type": kind}}

    def till(title: str, *, cash: bool = False) -> dict[str, Any]:
        return {"account": {"id": 41_000 + len(title), "title": title, "is_cash": cash}}

    for days, paid in ((-41, 3000), (-2, 2000), (6, 5000)):
        day = today + timedelta(days=days)
        record_id = shop.book(("Окрашивание корней", 14500), name="Сәуле Байтерек", date=f"{day} 12:00:00")
        tell(paid, record_id=record_id, sold_item_id=1, sold_item_type="service", **till("Касса", cash=True))
    tell(20000, document_id=next(number), client={"id": 51001}, **name("Пополнение счета"), **till("Касса", cash=True))
    tell(1500, **name("Чаевые"), **till("Терминал"))
    tell(1234, **name("Прочие доходы"), **till("Касса", cash=True))
    tell(-150000, **name("Инкассация", 1), **till("Касса", cash=True))
    tell(10000, **name("Размен"), **till("Касса", cash=True))
    tell(-30000, **name("Аренда", 1), **till("Расчётный счёт"))


def test_all_money_is_legible_and_fits(open_context: Callable[..., BrowserContext], shop: Shop) -> None:
    tell_all_money(shop)
    page = open_context("director", locale="ru-RU").new_page()
    for size, offer in ((DESKTOP, "Размен"), (PHONE, "Инкассация")):
        page.set_viewport_size(size)
        for address in ("/acquire/books", f"/acquire/books?month={MONTH}", "/acquire/drawer"):
            page.goto(address)
            assert_legible_and_fits(page, size, address)
        expect(page.locator("#offers")).to_be_visible()
        page.locator("article", has_text=offer).get_by_role("button", name="Не из этого ящика").first.click()
        page.goto("/acquire/books")
        for words in MONEY:
            expect(page.get_by_text(words).first).to_be_visible()


def assert_legible_and_fits(page: Page, size: ViewportSize, address: str) -> None:
    assert find_grave_faults(page) == [], (address, size)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], (address, size)


@pytest.mark.thorough
def test_pages_are_legible_and_fit(open_context: Callable[..., BrowserContext]) -> None:
    page = open_context("director", reduced_motion="reduce").new_page()
    for address in PAGES:
        page.goto(address)
        for size, scheme in LOOKS:
            page.set_viewport_size(size)
            page.emulate_media(color_scheme=scheme)
            assert_legible_and_fits(page, size, f"{address}, {scheme}")
