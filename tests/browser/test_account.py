"""An account as its owner sees it: password, sessions, second factor, PIN; and a PIN typed on a cashier's screen."""

import re
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from pyotp import TOTP

from tests.browser.conftest import PASSWORD, add_user, sign_in
from tests.browser.test_fiscal_day import move
from tests.browser.test_returning import pay
from tests.support.accessibility import find_grave_faults
from tests.support.shop import Shop
from tests.support.stack import Stack

PHONE, LAPTOP = {"width": 360, "height": 740}, {"width": 1366, "height": 768}
PIN = "428713"
BOOKED = re.compile(r"/acquire/shift\?done=")


@pytest.fixture
def zhanar(service: Stack, open_context: Callable[..., BrowserContext]) -> Page:
    """A manager of her own, so that nobody else's sessions end."""
    login = f"zhanar{uuid4().hex[:6]}"
    add_user(service.environment, login, "manager")
    page = open_context(None, viewport=LAPTOP, locale="ru-RU").new_page()
    sign_in(page, service.api_url, login)
    page.wait_for_selector(".menu")
    return page


def look(page: Page, name: str, folder: Path) -> None:
    """At a laptop's and a phone's size: nothing sticks out, nothing grave for anybody's eyes."""
    for size in (PHONE, LAPTOP):
        page.set_viewport_size(size)
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"], name
        page.screenshot(path=folder / f"{name}-{size['width']}.png", full_page=True)
    assert find_grave_faults(page) == [], name


def test_a_manager_looks_after_her_account(zhanar: Page, service: Stack, tmp_path: Path) -> None:
    zhanar.click(".menu summary")
    zhanar.click("text=Моя учётная запись")
    expect(zhanar.locator(".sessions li")).to_have_count(1)
    expect(zhanar.locator(".sessions")).to_contain_text("Chrome · Linux")
    look(zhanar, "account", tmp_path)
    zhanar.fill("#current", "wrong")
    zhanar.fill("#new", "a new horse altogether")
    zhanar.fill("#again", "a new horse altogether")
    zhanar.click("button:has-text('Сменить пароль')")
    expect(zhanar.locator("#fault-current")).to_be_visible()
    look(zhanar, "account-wrong", tmp_path)
    zhanar.fill("#current", PASSWORD)
    zhanar.fill("#new", "a new horse altogether")
    zhanar.fill("#again", "a new horse altogether")
    zhanar.click("button:has-text('Сменить пароль')")
    expect(zhanar.locator("main [role=status]")).to_contain_text("Новый пароль действует")


def test_a_second_factor_is_set_up_and_asked_for(
    zhanar: Page, service: Stack, open_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    zhanar.goto("/acquire/account")
    zhanar.fill("#second-current", PASSWORD)
    zhanar.click("button:has-text('Настроить')")
    expect(zhanar.locator(".code .qr")).to_be_visible()
    strokes = "getComputedStyle(document.querySelector('.code .qr path')).strokeWidth"
    assert zhanar.evaluate(strokes) == "1px", "thicker ones run together, and no camera reads them"
    look(zhanar, "second-factor", tmp_path)
    secret = zhanar.locator("p code").inner_text()
    zhanar.fill("#code", TOTP(secret).now())
    zhanar.click("button:has-text('Включить')")
    expect(zhanar.locator(".recovery li")).to_have_count(10)
    look(zhanar, "recovery-codes", tmp_path)
    recovery = zhanar.locator(".recovery code").first.inner_text()
    login = zhanar.locator(".sheet .who b").text_content()
    assert login is not None
    page = open_context(None, viewport=LAPTOP, locale="ru-RU").new_page()
    sign_in(page, service.api_url, login)
    expect(page.locator("#code")).to_be_focused()
    look(page, "second-step", tmp_path)
    page.fill("#code", "000000")
    page.click("main button")
    expect(page.locator("[role=alert]")).to_contain_text("Код не подошёл")
    page.fill("#code", recovery)
    page.click("main button")
    expect(page.locator("h1")).to_have_text("Визиты")


def test_a_pin_is_typed_on_the_cashiers_screen(zhanar: Page, page: Page, shop: Shop, tmp_path: Path) -> None:
    pay(page, shop.book())
    zhanar.goto("/acquire/account")
    zhanar.fill("#pin", PIN)
    zhanar.fill("#pin-current", PASSWORD)
    zhanar.click("button:has-text('Задать PIN')")
    expect(zhanar.locator("main [role=status]")).to_contain_text("PIN действует")
    login = zhanar.locator(".sheet .who b").text_content()
    page.goto("/acquire/shift")
    move(page, "deposit", "2 000 001")
    page.wait_for_url(BOOKED)
    page.goto("/acquire/shift")
    move(page, "withdrawal", "2 000 001")
    expect(page.locator("#fault-pin")).to_be_visible()
    look(page, "approval", tmp_path)
    page.select_option("#approver", login)
    page.fill("#pin", PIN)
    page.click(".move button.primary")
    page.wait_for_url(BOOKED)
    expect(page.locator(".change[role=status]")).to_contain_text("2\u00a0000\u00a0001\u00a0₸")
    expect(page.locator("#fault-pin")).to_have_count(0)
