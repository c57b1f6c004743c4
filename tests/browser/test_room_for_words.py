"""Words have room of their own on every page and every screen: none lies over another."""

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, ViewportSize

from tests.browser import test_looking
from tests.browser.test_looking import PHONE, Places
from tests.browser.test_phone_looks import MORE

pages = test_looking.places
SCREENS: list[ViewportSize] = [
    {"width": 1366, "height": 768},
    {"width": 1024, "height": 768},
    {"width": 768, "height": 1024},
    PHONE,
]
# What lies over the page on purpose, scrolls by itself or is folded away is none of it.
OVER_EACH_OTHER = r"""() => {
  const lines = [], texts = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const isApart = ({ position, overflowX, overflowY }) => /sticky|fixed|absolute/.test(position)
    || /auto|scroll/.test(overflowX + overflowY);
  const isInApart = e => e.tagName !== 'MAIN' && (isApart(getComputedStyle(e)) || isInApart(e.parentElement));
  const isAside = e => !e.checkVisibility() || e.closest('svg, script, select') || isInApart(e);
  while (texts.nextNode()) {
    const text = texts.currentNode, words = text.data.trim();
    if (!words || isAside(text.parentElement)) continue;
    range.selectNodeContents(text);
    for (const box of range.getClientRects()) if (box.width > 2 && box.height > 2) lines.push({ box, words, text });
  }
  const found = [];
  for (const [place, one] of lines.entries()) for (const other of lines.slice(place + 1)) {
    if (one.text === other.text) continue;
    const across = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
    const down = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
    if (across > 2 && down > 6) found.push(`${one.words.slice(0, 24)} | ${other.words.slice(0, 24)}`);
  }
  return found.slice(0, 4);
}"""


@pytest.mark.parametrize("screen", SCREENS, ids="{width}x{height}".format_map)
def test_no_words_lie_over_others(open_context: Callable[..., BrowserContext], pages: Places, screen: ViewportSize) -> None:
    page = open_context("director", viewport=screen, reduced_motion="reduce").new_page()
    faults = {}
    for name, address in {**pages, **MORE}.items():
        page.goto(address, wait_until="load")
        page.evaluate("document.fonts.ready.then(() => true)")
        faults[name] = page.evaluate(OVER_EACH_OTHER)
    assert {name: found for name, found in faults.items() if found} == {}
