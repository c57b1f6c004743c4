"""The desk on four screens: what has to be in sight is in sight, and the two panes keep together."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.test_paying import TAKE, await_receipt, open_visit
from tests.browser.test_returning import pay
from tests.support.accessibility import find_grave_faults, find_grave_faults_in_the_dark
from tests.support.shop import Shop

SCREENS = {"laptop": (1366, 768), "tablet": (1024, 768), "upright": (768, 1024), "phone": (360, 740)}
LEAST_CODE = 240
OUT_OF_CARD = """() => [...document.querySelectorAll('main *')].filter(e => {
  const card = e.parentElement && e.parentElement.closest('.card, .paper');
  return card && e.getBoundingClientRect().width && e.getBoundingClientRect().right > card.getBoundingClientRect().right + 1;
}).map(e => e.className + ' ' + e.textContent.trim().slice(0, 40))"""


@pytest.fixture(params=SCREENS)
def screen(request: pytest.FixtureRequest, open_context: Callable[..., BrowserContext]) -> Page:
    width, height = SCREENS[request.param]
    return open_context("aigerim", viewport={"width": width, "height": height}, locale="ru-RU").new_page()


def assert_in_sight(page: Page, target: Locator) -> None:
    assert page.evaluate("scrollY") == 0
    assert_on_top(page, target)


def assert_on_top(page: Page, target: Locator) -> None:
    expect(target).to_be_in_viewport(ratio=1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than the screen"
    box = target.bounding_box()
    assert box is not None
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    is_on_top = "([x, y, e]) => e.contains(document.elementFromPoint(x, y))"
    assert page.evaluate(is_on_top, [*middle, target.element_handle()]), "nothing lies over it"


def test_button_and_code_are_inside_the_first_screen(screen: Page, shop: Shop) -> None:
    record_id = shop.book(("Маникюр с покрытием и укреплением ногтевой пластины", 7200), ("Уход", 2400))
    open_visit(screen, record_id)
    assert_in_sight(screen, screen.locator(TAKE))
    screen.click("label[for=m-cash]")
    screen.click(".notes button:has-text('20 000')")
    assert_in_sight(screen, screen.locator(TAKE))
    assert_in_sight(screen, screen.locator(".bar .change b"))
    assert screen.evaluate(OUT_OF_CARD) == []
    screen.click(TAKE)
    await_receipt(screen)
    code = screen.locator(".code svg")
    assert_in_sight(screen, code)
    box = code.bounding_box()
    assert box is not None
    assert min(box["width"], box["height"]) >= LEAST_CODE
    assert_in_sight(screen, screen.locator("[data-next]"))
    expect(screen.locator(".done .change b")).to_have_text("10 400 ₸")
    assert screen.evaluate(OUT_OF_CARD) == []


def test_the_change_of_a_sale_is_not_under_its_button(screen: Page) -> None:
    screen.goto("/acquire/sale?title_0=Стрижка&price_0=4000&title_1=Шампунь&price_1=2500&kind_1=goods&own_1=1")
    screen.click("label[for=m-cash]")
    screen.click(".notes button:has-text('10 000')")
    assert_on_top(screen, screen.locator("[data-change] b"))
    assert_on_top(screen, screen.locator("[data-take]"))
    expect(screen.locator("[data-change] b")).to_have_text("3\u00a0500\u00a0₸")
    assert screen.evaluate(OUT_OF_CARD) == []


def test_a_row_of_receipts_has_room_for_all_its_parts(screen: Page, shop: Shop) -> None:
    record_id = shop.book(("Маникюр с покрытием", 7200), name="Гүлнәр Өтегенова", phone="+77015550199")
    pay(screen, record_id)
    screen.goto("/acquire/receipts?period=today")
    screen.evaluate("document.fonts.ready.then(() => true)")
    crushed = """row => [...row.querySelectorAll(':scope > *, .whom > b')]
      .filter(e => e.scrollWidth > e.clientWidth + 1).map(e => e.className + ' ' + e.textContent)"""
    assert screen.locator(f".receipt-row:has-text('{record_id}')").evaluate(crushed) == []


def test_a_name_may_be_longer_than_the_badge_below_it_leaves(page: Page, shop: Shop) -> None:
    shop.simulator.fault(operation="check", kind="code", code=9, times=2)
    record_id = shop.book(name="Мақпал Сандуғаш")
    open_visit(page, record_id)
    page.click("label[for=m-card]")
    page.click(TAKE)
    page.wait_for_selector(".signal.attention")
    page.goto("/acquire?state=tasks")
    name = page.locator(f"a.visit:has-text('{record_id}') .name")
    assert name.evaluate("e => e.scrollWidth <= e.clientWidth")


def test_the_strip_above_is_the_same_on_every_page(manager: Page) -> None:
    heights = set()
    for address in ("", "/tasks", "/people", "/people/new", "/settings", "/registers", "/setup"):
        manager.goto(f"/acquire{address}")
        heights.add(manager.locator(".top").evaluate("e => e.offsetHeight"))
    assert len(heights) == 1


def test_the_list_stands_beside_what_was_chosen_where_there_is_room(screen: Page, shop: Shop) -> None:
    record_id = shop.book()
    open_visit(screen, record_id)
    has_room = screen.evaluate("innerWidth >= 900")
    expect(screen.locator(".pane-list")).to_be_visible(visible=has_room)
    expect(screen.locator(".pane-list a.visit[aria-current]")).to_be_visible(visible=has_room)
    expect(screen.locator(".back a")).to_be_visible(visible=not has_room)


def test_the_slip_is_folded_and_the_paper_is_remembered(page: Page, shop: Shop) -> None:
    record_id = shop.book()
    open_visit(page, record_id)
    page.click("label[for=m-card]")
    page.click(TAKE)
    await_receipt(page)
    done = page.url
    expect(page.locator(".slip .grand")).to_be_hidden()
    page.click(".show-slip summary")
    expect(page.locator(".slip .grand")).to_be_visible()
    page.click("[data-print-link]")
    page.wait_for_url(re.compile("paper=80"))
    page.click("a.button:has-text('58')")
    page.wait_for_url(re.compile("paper=58"))
    page.goto(done)
    expect(page.locator("[data-print-link]")).to_have_attribute("href", re.compile("paper=58"))


def test_the_next_customer_comes_by_itself_unless_somebody_looks_on(
    page: Page, open_context: Callable[..., BrowserContext], shop: Shop
) -> None:
    page.clock.install()
    for touched in (True, False):
        open_visit(page, shop.book())
        page.keyboard.press("2")
        page.keyboard.press("2")
        await_receipt(page)
        page.wait_for_selector("[data-next]")
        if touched:
            page.mouse.move(5, 5)
            page.mouse.down()
            page.mouse.up()
            page.clock.run_for(30_000)
            expect(page.locator("[data-finished]")).to_be_visible()
    page.clock.run_for(21_000)
    page.wait_for_url(re.compile(r"/acquire$"))


def test_what_is_typed_is_kept_when_something_is_wrong(page: Page, shop: Shop) -> None:
    record_id = shop.book(phone="+77015550142")
    open_visit(page, record_id)
    page.click(TAKE)
    expect(page.locator("#fault-method")).to_contain_text("Выберите")
    page.click("label[for=m-cash]")
    page.fill("#cash_received", "3 000")
    page.uncheck("#to_client")
    page.click(TAKE)
    expect(page.locator("#fault-cash_received")).to_be_visible()
    expect(page.locator("#cash_received")).to_have_value("3 000")
    expect(page.locator("#m-cash")).to_be_checked()
    expect(page.locator("#to_client")).not_to_be_checked()
    assert shop.receipts(record_id) == []


@pytest.mark.thorough
def test_axe_finds_nothing_grave_at_the_desk(open_context: Callable[..., BrowserContext], shop: Shop) -> None:
    record_id = shop.book(attendance=1)
    page = open_context("aigerim", color_scheme="light", reduced_motion="reduce").new_page()
    page.goto("/acquire")
    assert_nothing_grave(page, "list")
    page.click(f"a.visit:has-text('{record_id}')")
    for method in ("cash", "card", "split"):
        page.click(f"label[for=m-{method}]")
        assert_nothing_grave(page, method)
    page.click("label[for=m-card]")
    page.click(TAKE)
    await_receipt(page)
    page.click("#send summary")
    page.click(".show-slip summary")
    assert_nothing_grave(page, "receipt")
    page.goto("/acquire")
    page.locator("#q").press_sequentially("айгул")
    page.wait_for_selector(".found")
    assert_nothing_grave(page, "search")


def assert_nothing_grave(page: Page, name: str) -> None:
    assert find_grave_faults(page) == [], f"{name}, light"
    assert find_grave_faults_in_the_dark(page) == [], f"{name}, dark"
