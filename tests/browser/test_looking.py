"""Finding a visit, reading the page: search, filters, languages, sizes, colours, paper, and everybody's eyes and hands."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from shared.clock import almaty_date, utc_now
from tests.browser.test_paying import await_receipt, open_visit
from tests.browser.test_returning import pay
from tests.support.accessibility import find_grave_faults, find_grave_faults_in_the_dark
from tests.support.shop import Shop

KILOBYTES = 1024
PHONE = {"width": 360, "height": 740}
Places = dict[str, str]


@pytest.fixture(scope="module")
def places(module_manager: Page, module_shop: Shop) -> Places:
    """Every page there is, each with something on it. Tests look at them and pay nothing."""
    manager, shop = module_manager, module_shop
    waiting, paid = shop.book(("Маникюр с покрытием и укреплением ногтевой пластины", 7200), ("Уход", 3500)), shop.book()
    pay(manager, paid)
    receipt = manager.url.rpartition("/")[2]
    manager.goto("/acquire")
    visit = manager.locator(f"a.visit:has-text('{waiting}')").get_attribute("href")
    assert visit is not None
    manager.goto("/acquire/wire")
    delivery = manager.locator(".wire-row").first.get_attribute("href")
    assert delivery is not None
    return {
        "visits": "/acquire",
        "payment": visit,
        "receipt": f"/acquire/success/{receipt}",
        "return": f"/acquire/receipts/{receipt}/return",
        "receipts": "/acquire/receipts?period=today",
        "one receipt": f"/acquire/receipts/{receipt}",
        "wrong method": f"/acquire/receipts/{receipt}/method?method=split",
        "correction": f"/acquire/receipts/{receipt}/method/confirm?method=cash&cash_received=5000",
        "attention": "/acquire/tasks",
        "sale": "/acquire/sale?title_0=Стрижка&price_0=4000&title_1=Шампунь&price_1=2500&kind_1=goods&own_1=1",
        "settings": "/acquire/settings",
        "one setting": "/acquire/settings/change?name=payment_kinds",
        "people": "/acquire/people",
        "a new person": "/acquire/people/new",
        "registers": "/acquire/registers",
        "set-up": "/acquire/setup",
        "audit": "/acquire/audit",
        "account": "/acquire/account",
        "wire": "/acquire/wire",
        "delivery": delivery,
        "replays": "/acquire/wire/replay",
        "health": "/acquire/wire/health",
        "nothing here": "/acquire/nothing-here",
    }


class TestSearch:
    @pytest.mark.parametrize("typed", ["0199", "Жұлдызай", "{record_id}"])
    def test_by_phone_tail_name_or_number(self, page: Page, shop: Shop, typed: str) -> None:
        other, wanted = shop.book(), shop.book(name="Жұлдызай Ертөстік", phone="+77015550199")
        page.goto("/acquire")
        page.locator("#q").press_sequentially(typed.format(record_id=wanted))
        page.wait_for_selector(".found")
        expect(page.locator(f"a.visit:has-text('{wanted}')")).to_be_visible()
        expect(page.locator(f"a.visit:has-text('{other}')")).to_have_count(0)
        assert "0199" not in page.url

    def test_back_leads_to_what_was_found_and_then_out_of_the_search(self, page: Page, shop: Shop) -> None:
        wanted = [shop.book(name="Ғалия Қоңыр") for _ in range(2)]
        page.goto("/acquire")
        page.locator("#q").press_sequentially("коныр галия")
        page.wait_for_selector(".found")
        page.click(f"a.visit:has-text('{wanted[0]}')")
        page.wait_for_selector("form.pay")
        page.go_back()
        expect(page.locator("a.visit")).to_have_count(2)
        expect(page.locator("#q")).to_have_value("коныр галия")
        page.go_back()
        expect(page.locator(".found")).to_have_count(0)
        assert page.url.endswith("/acquire")

    def test_by_state_and_day(self, page: Page, shop: Shop) -> None:
        today = almaty_date(utc_now())
        past = f"{today - timedelta(days=2)} 12:00:00"
        waiting, earlier, paid = shop.book(), shop.book(date=past), shop.book()
        pay(page, paid)
        page.goto("/acquire")
        page.click(".chips a:has-text('Ждут')")
        expect(page.locator(f"a.visit:has-text('{waiting}')")).to_be_visible()
        expect(page.locator(f"a.visit:has-text('{paid}')")).to_have_count(0)
        expect(page.locator(f"a.visit:has-text('{earlier}')")).to_have_count(0)
        page.click("#pick-day summary")
        page.fill("#day", str(today - timedelta(days=2)))
        expect(page.locator(f"a.visit:has-text('{earlier}')")).to_be_visible()

    def test_those_who_have_to_pay_come_first(self, page: Page, shop: Shop) -> None:
        paid, waiting = shop.book(), shop.book()
        pay(page, paid)
        page.goto("/acquire")
        shown = page.locator("a.visit").all_text_contents()
        order = [next(i for i, text in enumerate(shown) if str(number) in text) for number in (waiting, paid)]
        assert order == sorted(order)


@pytest.mark.parametrize(
    ("language", "name", "title", "button"),
    [("kk", "Қазақша", "Жазылулар", "Табу"), ("en", "English", "Visits", "Find")],
)
def test_languages(open_context: Callable[..., BrowserContext], language: str, name: str, title: str, button: str) -> None:
    page = open_context("daulet").new_page()
    page.goto("/acquire")
    expect(page.locator("html")).to_have_attribute("lang", "ru")
    page.click(".menu summary")
    page.click(f"text={name}")
    expect(page.locator("html")).to_have_attribute("lang", language)
    expect(page.locator("h1")).to_have_text(title)
    expect(page.locator(".search button")).to_have_text(button)
    page.goto("/acquire/tasks")
    expect(page.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize(
    ("language", "shown"), [("ru", "24\u00a0399,05\u00a0₸"), ("kk", "24\u00a0399,05\u00a0₸"), ("en", "24,399.05\u00a0₸")]
)
def test_live_sums_are_written_as_the_server_writes_them(
    open_context: Callable[..., BrowserContext], shop: Shop, language: str, shown: str
) -> None:
    context = open_context("daulet")
    context.add_cookies([{"name": "acquire_language", "value": language, "url": f"{shop.service.api_url}/acquire"}])
    page = context.new_page()
    open_visit(page, shop.book(("Окрашивание", 24400)))
    total = page.locator(".total b").inner_text()
    page.click("label[for=m-split]")
    left = page.locator("[data-left] b")
    assert left.inner_text() == total
    page.fill("#amount_card", "0,95")
    assert left.inner_text() == shown


@pytest.mark.thorough
def test_axe_finds_nothing_grave(open_context: Callable[..., BrowserContext], places: Places) -> None:
    page = open_context("director", color_scheme="light", reduced_motion="reduce").new_page()
    for name, address in places.items():
        page.goto(address)
        assert_nothing_grave(page, name)
        if name == "payment":
            for method in ("cash", "split"):
                page.click(f"label[for=m-{method}]")
                assert_nothing_grave(page, method)
    stranger = open_context(None, color_scheme="light", reduced_motion="reduce").new_page()
    stranger.goto("/acquire")
    assert_nothing_grave(stranger, "sign in")


def assert_nothing_grave(page: Page, name: str) -> None:
    assert find_grave_faults(page) == [], f"{name}, light"
    assert find_grave_faults_in_the_dark(page) == [], f"{name}, dark"


def test_dark_is_dark(open_context: Callable[..., BrowserContext]) -> None:
    grounds = {}
    for scheme in ("light", "dark"):
        page = open_context(None, color_scheme=scheme).new_page()
        page.goto("/acquire")
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        grounds[scheme] = sum(map(int, re.findall(r"\d+", ground)[:3]))
    assert grounds["dark"] < 150
    assert grounds["light"] > 600


def test_a_phone_of_360_pixels(open_context: Callable[..., BrowserContext], places: Places) -> None:
    page = open_context("director", viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    for name, address in places.items():
        page.goto(address)
        for method in ("cash", "split") if name == "payment" else ():
            page.tap(f"label[for=m-{method}]")
            assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], method
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
        small = page.evaluate(
            "controls => Array.from(document.querySelectorAll(controls))"
            ".filter(e => e.offsetParent && e.offsetHeight > 1 && e.offsetHeight < 44).map(e => e.outerHTML)",
            "button, .button, nav a, a.visit, .methods > label, summary, input:not([type=hidden])",
        )
        assert small == [], name


def test_the_first_load_is_small_and_all_ours(open_context: Callable[..., BrowserContext], shop: Shop) -> None:
    shop.book()
    context = open_context("aigerim")
    page = context.new_page()
    network = context.new_cdp_session(page)
    sizes: list[int] = []
    addresses: list[str] = []
    network.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    network.on("Network.requestWillBeSent", lambda event: addresses.append(event["request"]["url"]))
    network.send("Network.enable")
    page.goto("/acquire", wait_until="networkidle")
    # The browser draws its own controls from `data:` addresses.
    addresses = [address for address in addresses if not address.startswith("data:")]
    assert len(addresses) >= 3
    assert all(address.startswith(shop.service.api_url) for address in addresses), addresses
    assert sum("/fonts/" in address for address in addresses) == 2
    assert sum(sizes) < 150 * KILOBYTES
    assets = [address for address in addresses if "/static/" in address]
    answers = [page.request.get(address) for address in assets]
    assert all("immutable" in answer.headers["cache-control"] for answer in answers)


def test_nothing_jumps(page: Page, places: Places) -> None:
    page.add_init_script(
        "window.jumps = 0; new PerformanceObserver(list => list.getEntries().forEach(e => { window.jumps += e.value; }))"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    for name in ("visits", "payment", "receipt"):
        page.goto(places[name], wait_until="networkidle")
        assert page.evaluate("window.jumps") < 0.02, name


def test_signing_out_ends_the_session(open_context: Callable[..., BrowserContext], shop: Shop) -> None:
    context = open_context(None)
    page = context.new_page()
    page.goto("/acquire")
    page.fill("#login", "aigerim")
    page.fill("#password", "right horse battery")
    page.click("main button")
    page.wait_for_selector(".menu")
    cookies = context.cookies()
    page.click(".menu summary")
    page.click("text=Выйти")
    expect(page.locator("#password")).to_be_visible()
    context.add_cookies(cookies)
    page.goto("/acquire")
    expect(page.locator("#password")).to_be_visible()


def test_the_link_of_the_receipt_is_copied(open_context: Callable[..., BrowserContext], shop: Shop) -> None:
    context = open_context("aigerim", permissions=["clipboard-read", "clipboard-write"])
    page = context.new_page()
    record_id = shop.book()
    open_visit(page, record_id)
    page.click("label[for=m-card]")
    page.click("form.pay button.primary")
    await_receipt(page)
    page.click("#send summary")
    page.click("[data-copy]")
    expect(page.locator("[data-copy]")).to_have_text("Скопировано")
    told = shop.service.status(record_id)["receipt"]["receipt_url"]
    assert page.evaluate("navigator.clipboard.readText()") == told


def test_whoever_uses_the_keyboard_sees_where_they_are(page: Page, places: Places) -> None:
    for name in ("visits", "payment", "receipt"):
        page.goto(places[name])
        page.evaluate("document.activeElement.blur()")
        for _ in range(12):
            page.keyboard.press("Tab")
            place, outline = page.evaluate(
                "(() => { const e = document.activeElement, shown = e.type === 'radio' ? e.nextElementSibling : e;"
                " return [e.outerHTML.slice(0, 90), parseFloat(getComputedStyle(shown).outlineWidth)]; })()"
            )
            assert outline >= 2 or place.startswith("<body"), (name, place)


def test_a_name_that_is_a_script_is_only_a_name(page: Page, shop: Shop) -> None:
    page.on("dialog", lambda dialog: pytest.fail(dialog.message))
    name = '<img src=x onerror="alert(1)"><script>alert(2)</script>'
    record_id = shop.book(('"><svg onload=alert(3)>', 4000), name=name)
    open_visit(page, record_id)
    expect(page.locator("h1")).to_have_text(name)
    page.click("label[for=m-card]")
    page.click("form.pay button.primary")
    await_receipt(page)
    expect(page.locator(".slip .lines")).to_contain_text("<svg onload=alert(3)>")
