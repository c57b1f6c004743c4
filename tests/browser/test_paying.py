"""A customer at the desk: every way to pay, and everything staff may press twice."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import PASSWORD, sign_in
from tests.support.shop import Shop

CASH, CARD, MOBILE = 0, 1, 4
SUCCESS = re.compile(r"/acquire/success/\d+(\?[^/]*)?$")
TAKE = "form.pay button.primary"


def open_visit(page: Page, record_id: int) -> None:
    page.goto("/acquire")
    page.click(f"a.visit:has-text('{record_id}')")
    page.wait_for_selector(TAKE)


def await_receipt(page: Page) -> None:
    page.wait_for_url(SUCCESS)


class TestWays:
    def test_three_presses_from_the_visit_to_its_receipt(
        self, open_context: Callable[..., BrowserContext], shop: Shop
    ) -> None:
        record_id = shop.book(("Стрижка", 4000), ("Укладка", 3500))
        page = open_context(None).new_page()
        sign_in(page, shop.service.api_url, "aigerim")
        presses = 0
        for target in (f"a.visit:has-text('{record_id}')", "label[for=m-card]", TAKE):
            page.click(target)
            presses += 1
        await_receipt(page)
        assert presses == 3
        assert shop.paid(record_id) == {CARD: "7500.00"}
        expect(page.locator(".slip .grand")).to_have_text("7 500 ₸")
        (receipt,) = shop.receipts(record_id)
        expect(page.locator(".facts")).to_contain_text(receipt["check_number"])
        expect(page.locator(".facts")).to_contain_text(shop.simulator.state()["cashboxes"][0]["number"])
        expect(page.locator(".sums").first).to_contain_text("1 034,48 ₸")
        expect(page.locator(".code svg")).to_be_visible()

    def test_mobile(self, page: Page, shop: Shop) -> None:
        record_id = shop.book()
        open_visit(page, record_id)
        page.click("label[for=m-mobile]")
        page.click(TAKE)
        await_receipt(page)
        assert shop.paid(record_id) == {MOBILE: "4000.00"}

    def test_cash_with_change(self, page: Page, shop: Shop) -> None:
        record_id = shop.book(("Стрижка", 4300))
        open_visit(page, record_id)
        page.click("label[for=m-cash]")
        page.fill("#cash_received", "4 000")
        expect(page.locator("[data-change=cash_received]")).to_have_text("Не хватает 300 ₸")
        page.click(".notes button:has-text('5 000')")
        expect(page.locator("[data-change=cash_received] b")).to_have_text("700 ₸")
        page.click(TAKE)
        await_receipt(page)
        expect(page.locator(".done .change b")).to_have_text("700 ₸")
        (receipt,) = shop.receipts(record_id)
        assert receipt["payments"] == [{"type": CASH, "sum": "5000.00"}]
        assert (receipt["total"], receipt["change"]) == ("4300.00", "700.00")

    def test_split_over_three_ways(self, page: Page, shop: Shop) -> None:
        record_id = shop.book(("Окрашивание", 14500))
        open_visit(page, record_id)
        page.click("label[for=m-split]")
        page.fill("#amount_card", "5000,50")
        page.fill("#amount_mobile", "2000")
        page.click("[data-rest=amount_cash]")
        expect(page.locator("#amount_cash")).to_have_value("7499,50")
        expect(page.locator("[data-left] b")).to_have_text("0 ₸")
        page.click(TAKE)
        await_receipt(page)
        assert shop.paid(record_id) == {CASH: "7499.50", CARD: "5000.50", MOBILE: "2000.00"}

    def test_a_split_that_does_not_add_up_charges_nothing(self, page: Page, shop: Shop) -> None:
        record_id = shop.book()
        open_visit(page, record_id)
        page.click("label[for=m-split]")
        page.fill("#amount_card", "3999")
        page.click(TAKE)
        expect(page.locator("form.pay [role=alert]")).to_be_visible()
        expect(page.locator("#fault-split")).to_contain_text("1 ₸")
        expect(page.locator("#amount_card")).to_have_value("3999")
        assert shop.receipts(record_id) == []

    def test_the_customer_gets_the_receipt_too(self, page: Page, shop: Shop) -> None:
        record_id = shop.book()
        open_visit(page, record_id)
        page.click("label[for=m-card]")
        page.click(".customer summary")
        page.fill("#email", "klient@example.kz")
        page.fill("#phone", "8 701 555 01 42")
        page.fill("#xin", "920813300359")
        page.click(TAKE)
        await_receipt(page)
        (receipt,) = shop.receipts(record_id)
        assert receipt["request"]["CustomerEmail"] == "klient@example.kz"
        assert receipt["request"]["CustomerPhone"].endswith("7015550142")
        assert receipt["request"]["CustomerXin"] == "920813300359"

    def test_with_the_keyboard_alone(self, page: Page, shop: Shop) -> None:
        """Two keys after the search, in which one hit is opened by Enter."""
        record_id = shop.book()
        page.goto("/acquire")
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("/")
        page.keyboard.type(str(record_id))
        page.keyboard.press("Enter")
        page.wait_for_selector(TAKE)
        page.keyboard.press("2")
        expect(page.locator("#m-card")).to_be_checked()
        page.keyboard.press("2")
        await_receipt(page)
        assert shop.paid(record_id) == {CARD: "4000.00"}
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/acquire$"))

    def test_a_tile_is_chosen_by_the_first_press_and_takes_by_the_second(self, page: Page, shop: Shop) -> None:
        record_id = shop.book()
        open_visit(page, record_id)
        tile = page.locator("label[for=m-mobile]")
        tile.dblclick()
        expect(page.locator("#m-mobile")).to_be_checked()
        expect(page.locator(".panel.terminal")).to_contain_text("Сначала проведите 4 000 ₸ на терминале")
        assert shop.receipts(record_id) == []
        tile.click()
        await_receipt(page)
        assert shop.paid(record_id) == {MOBILE: "4000.00"}

    def test_keys_are_letters_where_somebody_types(self, page: Page, shop: Shop) -> None:
        record_id = shop.book(("Стрижка", 4300))
        open_visit(page, record_id)
        page.keyboard.press("1")
        page.click("#cash_received")
        page.keyboard.type("5211")
        expect(page.locator("#cash_received")).to_have_value("5211")
        expect(page.locator("[data-change=cash_received] b")).to_have_text("911 ₸")
        page.keyboard.press("Enter")
        await_receipt(page)
        (receipt,) = shop.receipts(record_id)
        assert receipt["change"] == "911.00"

    def test_a_receipt_goes_to_the_known_phone_unless_it_is_unticked(self, page: Page, shop: Shop) -> None:
        sent, kept = shop.book(phone="+77015550331"), shop.book(phone="+77015550332")
        for record_id in (sent, kept):
            open_visit(page, record_id)
            expect(page.locator(".tick label")).to_contain_text("··· 033")
            if record_id == kept:
                page.uncheck("#to_client")
            page.click("label[for=m-card]")
            page.click(TAKE)
            await_receipt(page)
            expect(page.locator(".sent")).to_have_count(int(record_id == sent))
        assert shop.receipts(sent)[0]["request"]["CustomerPhone"] == "+77015550331"
        assert "CustomerPhone" not in shop.receipts(kept)[0]["request"]


class TestOnce:
    def test_a_double_click(self, page: Page, shop: Shop) -> None:
        record_id = shop.book()
        open_visit(page, record_id)
        page.click("label[for=m-card]")
        page.dblclick(TAKE)
        await_receipt(page)
        assert len(shop.receipts(record_id)) == 1

    def test_back_and_pressed_again(self, page: Page, shop: Shop) -> None:
        record_id = shop.book()
        open_visit(page, record_id)
        page.click("label[for=m-card]")
        page.click(TAKE)
        await_receipt(page)
        first = page.url
        page.go_back()
        if page.locator(TAKE).count():
            page.click("label[for=m-mobile]")
            page.click(TAKE)
            await_receipt(page)
            assert page.url == first
        assert shop.paid(record_id) == {CARD: "4000.00"}

    def test_the_form_was_kept_and_is_sent_once_more(self, page: Page, shop: Shop) -> None:
        """As a browser does that restores its tabs: the same form, whole, a second time."""
        record_id = shop.book()
        open_visit(page, record_id)
        page.click("label[for=m-card]")
        fields = page.evaluate("Object.fromEntries(new FormData(document.querySelector('form.pay')))")
        address = page.url
        page.click(TAKE)
        await_receipt(page)
        again = page.request.post(address, form=fields)
        assert SUCCESS.search(again.url)
        assert len(shop.receipts(record_id)) == 1

    def test_two_tablets_at_the_same_moment(self, open_context: Callable[..., BrowserContext], shop: Shop) -> None:
        record_id = shop.book()
        tablets = [open_context(login).new_page() for login in ("aigerim", "daulet")]
        for tablet, method in zip(tablets, ("card", "mobile"), strict=True):
            open_visit(tablet, record_id)
            tablet.click(f"label[for=m-{method}]")
        for tablet in tablets:
            tablet.evaluate("void document.querySelector('form.pay').requestSubmit()")
        for tablet in tablets:
            tablet.wait_for_url(re.compile(r"/acquire/success/\d+|/acquire/visits/\d+$"))
            tablet.wait_for_selector(".done, .message")
        told = [tablet.locator("h1").inner_text() for tablet in tablets]
        assert sorted(text.startswith("Уже оплачено") for text in told) == [False, True], told
        loser = next(tablet for tablet, text in zip(tablets, told, strict=True) if text.startswith("Уже оплачено"))
        assert "кассир: " in loser.locator("h1").inner_text()
        loser.click("text=Показать чек")
        await_receipt(loser)
        assert len(shop.receipts(record_id)) == 1

    def test_the_answer_was_lost(self, page: Page, shop: Shop) -> None:
        record_id = shop.book()
        open_visit(page, record_id)
        page.click("label[for=m-card]")
        address = page.url

        def lose(route: Route) -> None:
            route.fetch(max_redirects=0)
            route.abort()

        page.route(address, lose, times=1)
        page.click(TAKE)
        # The stream may tell the page of the receipt before the browser gives up: then it is shown at once.
        page.wait_for_url(re.compile(f"chrome-error|{SUCCESS.pattern}"))
        if not SUCCESS.search(page.url):
            page.goto(address)
            page.click("text=Показать чек" if page.locator("text=Показать чек").count() else "text=Следить за чеком")
        await_receipt(page)
        assert len(shop.receipts(record_id)) == 1


class TestTrouble:
    def test_webkassa_is_down_for_a_while(self, page: Page, shop: Shop) -> None:
        record_id = shop.book()
        open_visit(page, record_id)
        shop.simulator.fault(operation="any", kind="html_503", times=None)
        page.click("label[for=m-card]")
        page.click(TAKE)
        page.wait_for_url(re.compile("/progress$"))
        expect(page.locator("[data-text]")).to_contain_text("сохранена")
        expect(page.locator("[data-text]")).to_contain_text("медленно", timeout=20_000)
        assert shop.receipts(record_id) == []
        shop.simulator.clear_faults()
        page.wait_for_url(SUCCESS, timeout=40_000)
        assert shop.paid(record_id) == {CARD: "4000.00"}

    def test_a_refused_receipt_is_explained_and_retried_by_a_manager(self, page: Page, manager: Page, shop: Shop) -> None:
        record_id = shop.book(name="Отказова Ровза")
        shop.simulator.fault(operation="check", kind="code", code=9, times=2)
        open_visit(page, record_id)
        page.click("label[for=m-card]")
        page.click(TAKE)
        page.wait_for_selector(".signal.attention")
        expect(page.locator("[data-advice]")).not_to_be_empty()
        expect(page.locator("button:has-text('Повторить')")).to_have_count(0)
        manager.goto("/acquire/tasks")
        task = manager.locator(".task:has-text('Отказова Ровза')")
        task.locator("button:has-text('Повторить')").click()
        await_receipt(manager)
        assert shop.paid(record_id) == {CARD: "4000.00"}

    def test_states_on_the_list_change_by_themselves(
        self, page: Page, open_context: Callable[..., BrowserContext], shop: Shop
    ) -> None:
        record_id = shop.book()
        shop.simulator.fault(operation="any", kind="html_503", times=None)
        open_visit(page, record_id)
        page.click("label[for=m-card]")
        page.click(TAKE)
        other = open_context("daulet").new_page()
        other.goto("/acquire")
        badge = other.locator(f"a.visit:has-text('{record_id}') .badge")
        expect(badge).to_have_attribute("data-visit", re.compile(r"\d+"))
        other.evaluate("window.untouched = true")
        shop.simulator.clear_faults()
        issued = f"a.visit:has-text('{record_id}') .badge:has-text('Чек пробит'), #done a.visit:has-text('{record_id}')"
        expect(other.locator(issued).first).to_be_attached(timeout=40_000)
        assert other.evaluate("window.untouched")


class TestWithoutJavaScript:
    @pytest.fixture
    def plain(self, open_context: Callable[..., BrowserContext]) -> Page:
        return open_context(None, java_script_enabled=False).new_page()

    def test_from_sign_in_to_the_receipt(self, plain: Page, shop: Shop) -> None:
        record_id = shop.book()
        sign_in(plain, shop.service.api_url, "aigerim")
        plain.fill("#q", str(record_id))
        plain.click(".search button")
        plain.click("label[for=m-cash]")
        plain.fill("#cash_received", "5000")
        plain.click(TAKE)
        await_receipt(plain)
        expect(plain.locator(".done .change b")).to_have_text("1 000 ₸")
        assert len(shop.receipts(record_id)) == 1

    def test_a_wrong_password_lets_nobody_in(self, plain: Page, shop: Shop) -> None:
        sign_in(plain, shop.service.api_url, "aigerim", PASSWORD + "!")
        expect(plain.locator("[role=alert]")).to_be_visible()
        plain.goto(f"{shop.service.api_url}/acquire")
        expect(plain.locator("#password")).to_be_visible()
