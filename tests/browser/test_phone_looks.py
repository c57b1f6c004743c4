"""Every page on the smallest phone, in the three languages: nothing out of its card, no word broken, nothing in the way."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser import test_looking
from tests.browser.test_looking import PHONE, Places
from tests.support.accessibility import find_grave_faults

pages = test_looking.places
MORE = {
    "day": "/acquire/day",
    "shift": "/acquire/shift",
    "counting the cash": "/acquire/shift/1/close",
    "drawer": "/acquire/drawer",
    "shifts": "/acquire/shifts",
    "books": "/acquire/books",
}
# What reaches over the right edge of the card or slip around it; a table that is moved by itself may.
OUT_OF_CARD = """() => [...document.querySelectorAll('main *')].flatMap(e => {
  const card = e.parentElement && e.parentElement.closest('.card, .paper');
  if (!card || e.closest('.scroll, .chart')) return [];
  const own = e.getBoundingClientRect(), its = card.getBoundingClientRect();
  return own.width && own.right > its.right + 1
    ? [`${e.tagName} +${Math.round(own.right - its.right)} ${e.textContent.trim().slice(0, 40)}`] : [];
}).slice(0, 4)"""
# More lines of text than words: a word was cut in two.
BROKEN = r"""() => [
  ...document.querySelectorAll('th, td, .badge, button, .button, .chips a, .tiles > label, .methods > label > span'),
  ...document.querySelectorAll('.rail a > span:first-of-type')
].flatMap(e => {
  const words = e.innerText.trim();
  if (!words) return [];
  const texts = document.createTreeWalker(e, NodeFilter.SHOW_TEXT), range = document.createRange(), tops = [];
  while (texts.nextNode()) {
    range.selectNodeContents(texts.currentNode);
    tops.push(...[...range.getClientRects()].map(box => box.top));
  }
  tops.sort((a, b) => a - b);
  const lines = tops.filter((top, i) => i === 0 || top - tops[i - 1] > 6).length;
  return lines > words.split(/\s+/).length ? [`${words.slice(0, 30)} lines=${lines}`] : [];
}).slice(0, 6)"""

# Two places of one name: whoever hears the page cannot tell them apart.
NAMED_ALIKE = """() => [...document.querySelectorAll('nav, [role=region]')]
  .map(e => `${e.tagName} ${e.ariaLabel || e.getAttribute('aria-labelledby')}`)
  .filter((name, i, names) => names.indexOf(name) !== i)"""


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_a_phone_breaks_nothing(open_context: Callable[..., BrowserContext], pages: Places, language: str) -> None:
    page = open_phone(open_context, language)
    faults = {}
    for name, address in {**pages, **MORE}.items():
        page.goto(address, wait_until="load")
        page.evaluate("document.fonts.ready.then(() => true)")
        faults[name] = [fault for look in (OUT_OF_CARD, BROKEN, NAMED_ALIKE) for fault in page.evaluate(look)]
    assert {name: found for name, found in faults.items() if found} == {}


@pytest.mark.thorough
@pytest.mark.parametrize("language", ["kk", "en"])
def test_a_phone_keeps_nobody_out(open_context: Callable[..., BrowserContext], pages: Places, language: str) -> None:
    page = open_phone(open_context, language)
    for name, address in {**pages, **MORE}.items():
        page.goto(address, wait_until="load")
        assert find_grave_faults(page) == [], name


def open_phone(open_context: Callable[..., BrowserContext], language: str) -> Page:
    context = open_context("director", viewport=PHONE, has_touch=True, is_mobile=True, reduced_motion="reduce")
    page = context.new_page()
    page.goto("/acquire")
    page.click(".menu summary")
    page.click(f".tongues button[value={language}]")
    page.wait_for_selector(f"html[lang={language}]")
    return page
