"""`make screenshots`: pictures of the main states for the documents. Not a test; run by its name only."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from dev.demo.children import ROOT
from tests.browser.test_fiscal_day import close_shift
from tests.browser.test_looking import Places, places
from tests.browser.test_paying import TAKE, open_visit
from tests.browser.test_returning import pay
from tests.support.shop import Shop

__all__ = ["places"]

FOLDER = ROOT / "docs" / "screenshots"
TABLET, PHONE = {"width": 1024, "height": 720}, {"width": 390, "height": 844}


@pytest.fixture
def day(page: Page, shop: Shop) -> dict[str, int]:
    """A day at a fictional salon, with something in every state."""
    paid = shop.book(("Коррекция бровей", 3500), name="Дана Ыбырай", phone="+77015550111")
    manicure, client = ("Маникюр с покрытием", 7200), {"name": "Алтын Жарық", "phone": "+77015550112"}
    gone = shop.book(manicure, **client)
    refused = shop.book(("Бет күтімі", 16000), name="Мақпал Сандуғаш", phone="+77015550113")
    pay(page, paid)
    pay(page, gone, "mobile")
    reply = shop.service.post(shop.describe(gone, manicure, status="delete", **client))
    shop.await_state(reply.json()["record_id"], "processed")
    shop.simulator.fault(operation="check", kind="code", code=9, times=2)
    open_visit(page, refused)
    page.click("label[for=m-cash]")
    page.click(TAKE)
    page.wait_for_selector(".signal.attention")
    return {
        "paid": paid,
        "gone": gone,
        "refused": refused,
        "waiting": shop.book(
            ("Окрашивание корней", 14500), ("Укладка вечерняя", 9900), name="Сәуле Байтерек", phone="+77015550114"
        ),
        "next": shop.book(("Стрижка мужская", 4500), name="Тимур Сказочный", phone="+77015550115"),
    }


def shoot(page: Page, name: str, *, whole: bool = False) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=Path(FOLDER / f"{name}.png"), full_page=whole)


def test_take_pictures(
    page: Page, manager: Page, open_context: Callable[..., BrowserContext], day: dict[str, int], shop: Shop
) -> None:
    stranger = open_context(None, viewport=TABLET, locale="ru-RU").new_page()
    stranger.goto("/acquire")
    shoot(stranger, "sign-in")

    page.goto("/acquire")
    shoot(page, "visits")

    open_visit(page, day["waiting"])
    page.click("label[for=m-split]")
    page.fill("#amount_card", "10 000")
    page.click("[data-rest=amount_mobile]")
    shoot(page, "payment", whole=True)
    page.click(TAKE)
    page.wait_for_selector(".done")
    shoot(page, "receipt", whole=True)
    receipt = page.url.rpartition("/")[2]
    page.click("#send summary")
    link = str(page.get_by_role("link", name="Страница клиента").get_attribute("href"))
    for language in ("ru", "kk"):
        customer = open_context(None, viewport=PHONE, is_mobile=True, has_touch=True, locale=language).new_page()
        customer.goto(f"{link}?lang={language}")
        shoot(customer, f"customer-{language}", whole=True)
    for paper in ("80", "58", "a4"):
        page.goto(f"/acquire/receipts/{receipt}/print?paper={paper}")
        page.wait_for_selector(".printing:not([data-await])")
        page.locator("[data-sheet]").screenshot(path=FOLDER / f"paper-{paper}.png")

    manager.goto("/acquire/tasks")
    shoot(manager, "attention", whole=True)
    manager.get_by_role("link", name="Оформить возврат").first.click()
    manager.wait_for_selector("form[data-give-back]")
    shoot(manager, "return")

    manager.goto("/acquire/shift")
    shoot(manager, "shift", whole=True)
    manager.goto("/acquire/day")
    shoot(manager, "day", whole=True)
    manager.goto("/acquire/shift")
    close_shift(manager, "размен без записи")
    manager.goto("/acquire/shifts")
    shoot(manager, "shifts", whole=True)
    manager.goto("/acquire/books")
    shoot(manager, "books", whole=True)
    page.goto("/acquire/drawer")
    shoot(page, "drawer")

    manager.goto("/acquire/wire")
    shoot(manager, "wire")
    manager.click(".wire-row:has(.wire-state.bad)")
    shoot(manager, "delivery", whole=True)
    manager.goto("/acquire/wire/health")
    shoot(manager, "health", whole=True)

    phone = open_context(
        "aigerim", viewport=PHONE, color_scheme="dark", is_mobile=True, has_touch=True, locale="ru-RU"
    ).new_page()
    phone.goto("/acquire")
    shoot(phone, "visits-phone")
    open_visit(phone, day["next"])
    phone.tap("label[for=m-cash]")
    phone.tap(".notes button >> nth=0")
    shoot(phone, "payment-phone", whole=True)
    shop.simulator.fault(operation="any", kind="html_503", times=None)
    phone.tap(TAKE)
    phone.wait_for_selector(".signal.queued, .signal.sending")
    expect(phone.locator("[data-text]")).to_contain_text("медленно", timeout=30_000)
    shoot(phone, "progress-phone")


SIZES = {"1366x768": (1366, 768), "1024x768": (1024, 768), "768x1024": (768, 1024), "360x740": (360, 740)}


def test_take_every_page(places: Places, open_context: Callable[..., BrowserContext], day: dict[str, int]) -> None:
    """The first screen of each page, at each size that staff have: to be looked at after a change of the look."""
    pages = {**places, "shift": "/acquire/shift", "day": "/acquire/day", "books": "/acquire/books"}
    pages |= {"shifts": "/acquire/shifts", "drawer": "/acquire/drawer"}
    assert day["paid"]
    for size, (width, height) in SIZES.items():
        is_phone = width < 400
        context = open_context(
            "director",
            viewport={"width": width, "height": height},
            is_mobile=is_phone,
            has_touch=is_phone,
            locale="ru-RU",
        )
        page = context.new_page()
        for name, address in pages.items():
            page.goto(address)
            page.evaluate("document.fonts.ready")
            path = FOLDER / "pages" / size / f"{name.replace(' ', '-')}.jpeg"
            path.parent.mkdir(parents=True, exist_ok=True)
            page.screenshot(path=path, type="jpeg", quality=60)
