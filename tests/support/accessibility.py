"""axe-core on a page: what would keep somebody from using it."""

from pathlib import Path

import axe_playwright_python
from playwright.sync_api import Page

_SOURCE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
GRAVE = ("serious", "critical")


def find_grave_faults(page: Page) -> list[str]:
    """Rule, place and reason of every serious or critical finding.

    Run by the debugger, as the page's own policy forbids foreign scripts.
    """
    page.evaluate(_SOURCE)
    findings = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    return [
        f"{finding['id']} at {node['target']}: {node['failureSummary']}"
        for finding in findings
        if finding["impact"] in GRAVE
        for node in finding["nodes"]
    ]
