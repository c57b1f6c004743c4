"""A receipt in the customer's hand: the page behind its link on a phone, and three papers as a printer gets them."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.test_returning import pay
from tests.support.accessibility import find_grave_faults
from tests.support.shop import Shop

PHONE = {"viewport": {"width": 360, "height": 740}, "locale": "ru-RU"}
POINTS_PER_MM = 72 / 25.4
_PAPER = re.compile(rb"/MediaBox \[\s*0 0 ([\d.]+) ([\d.]+)\s*\]")


@pytest.fixture(scope="module")
def receipt(module_manager: Page, module_shop: Shop) -> str:
    """Where a receipt of two long lines is shown to staff."""
    pay(module_manager, module_shop.book(("Маникюр с покрытием и укреплением ногтевой пластины", 7200), ("Уход", 3500)))
    return module_manager.url


@pytest.fixture
def customer(open_context: Callable[..., BrowserContext], page: Page, receipt: str) -> Page:
    """A phone, and nobody signed in."""
    page.goto(receipt)
    page.click("#send summary")
    link = page.get_by_role("link", name="Страница клиента").get_attribute("href")
    phone = open_context(None, **PHONE).new_page()
    phone.goto(str(link))
    return phone


def measure_sheets(page: Page) -> list[tuple[float, float]]:
    """Width and height in millimetres, of each sheet that a printer would get."""
    printed = page.pdf(prefer_css_page_size=True)
    return [(float(width) / POINTS_PER_MM, float(height) / POINTS_PER_MM) for width, height in _PAPER.findall(printed)]


class TestTheCustomersPage:
    @pytest.mark.parametrize(
        ("language", "title"), [("ru", "Фискальный чек"), ("kk", "Фискалдық чек"), ("en", "Fiscal receipt")]
    )
    def test_fits_a_phone_in_three_languages(self, customer: Page, language: str, title: str) -> None:
        customer.click(f"nav a[lang={language}]")
        expect(customer.locator("h1")).to_have_text(title)
        assert customer.evaluate("document.documentElement.scrollWidth") <= 360
        assert find_grave_faults(customer) == []

    def test_leads_to_the_official_receipt(self, customer: Page) -> None:
        expect(customer.locator(".official a")).to_have_attribute("href", re.compile(r"^http.*\?i=\d+&f="))
        assert customer.locator(".code svg").bounding_box()["width"] >= 240

    def test_is_printed_without_buttons(self, customer: Page) -> None:
        customer.emulate_media(media="print")
        assert not customer.locator(".official a").is_visible()
        assert not customer.locator("[data-print-paper]").is_visible()


class TestPaper:
    @pytest.mark.parametrize("width", [80, 58])
    def test_a_roll_is_as_long_as_its_text(self, page: Page, receipt: str, width: int) -> None:
        page.goto(receipt.replace("success", "receipts") + f"/print?paper={width}&language=ru")
        page.wait_for_selector(".printing:not([data-await])")
        text = page.evaluate("document.querySelector('[data-sheet]').getBoundingClientRect().height") * 25.4 / 96
        ((sheet_width, sheet_height),) = measure_sheets(page)
        assert abs(sheet_width - width) < 1
        assert text <= sheet_height <= text + 10

    def test_a_sheet_is_a4(self, page: Page, receipt: str) -> None:
        page.goto(receipt.replace("success", "receipts") + "/print?paper=a4")
        page.wait_for_selector(".printing:not([data-await])")
        ((width, height),) = measure_sheets(page)
        assert (round(width), round(height)) == (210, 297)

    @pytest.mark.parametrize("width", [80, 58])
    def test_no_line_is_wider_than_its_roll(self, page: Page, receipt: str, width: int) -> None:
        page.goto(receipt.replace("success", "receipts") + f"/print?paper={width}")
        page.wait_for_selector(".printing:not([data-await])")
        lines = page.locator(".line")
        assert lines.evaluate_all("lines => lines.every(line => line.scrollWidth <= line.clientWidth + 1)")
        # One line of text is one line of paper: nothing is wrapped.
        assert len(set(lines.evaluate_all("lines => lines.map(line => Math.round(line.clientHeight))"))) == 1
        assert find_grave_faults(page) == []
