"""axe-core on a page: what would keep somebody from using it."""

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

from tests.support.effort import IS_THOROUGH

_SOURCE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
GRAVE = ("serious", "critical")


def find_grave_faults(page: Page) -> list[str]:
    """Rule, place and reason of every serious or critical finding."""
    return _find(page, {})


def find_grave_faults_in_the_dark(page: Page) -> list[str]:
    """What the other colours of the same page do wrong: all that a scheme changes. The page is light again after it."""
    page.emulate_media(color_scheme="dark")
    try:
        return _find(page, {} if IS_THOROUGH else {"runOnly": ["color-contrast"]})
    finally:
        page.emulate_media(color_scheme="light")


def _find(page: Page, options: dict[str, list[str]]) -> list[str]:
    """Run by the debugger, as the page's own policy forbids foreign scripts."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_SOURCE)
    run = "options => axe.run(document, { ...options, resultTypes: ['violations'] })"
    findings = page.evaluate(run, options)["violations"]
    return [
        f"{finding['id']} at {node['target']}: {node['failureSummary']}"
        for finding in findings
        if finding["impact"] in GRAVE
        for node in finding["nodes"]
    ]
