"""Which tests share a process: those of one file, and all in a browser; and in which order the groups begin.

A hook of our own, since `--dist loadgroup` of pytest-xdist 3.8 writes the group where pytest 9.2 does not look for it.
"""

from collections import defaultdict

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.support.plugins.tiers import find_tier

BROWSER = "browser"  # all of them use one service and one Chromium
# The longest first: one that began last would be waited for alone. Files wait for leases and starts, so that more of them
# than there are cores run side by side; each process has servers of its own to kill and freeze.
LONGEST = (
    BROWSER,
    "test_deployment",
    "test_docs",
    "test_salon_week",
    "test_fiscal_month",
    "test_chaos",
    "test_seams",
    "test_register_refuses",
    "test_backlog_seams",
    "test_crashes",
    "test_starting",
    "test_wrong_clocks",
)
# Behind them, cheaper with every tier, so that small files fill what is left at the end.
TIERS = ("acceptance", "integration", "unit")


def find_group(nodeid: str) -> str:
    """The path of the file, but one name for the whole tier of a browser."""
    return BROWSER if find_tier(nodeid) == BROWSER else nodeid.partition("::")[0]


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]
    """Hands out one group at a time, in the order in which the tests were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return find_group(nodeid)


class Groups:
    """Orders the tests, keeps each group in one process, and fails the run if one was in two."""

    def __init__(self) -> None:
        self._processes: dict[str, set[str]] = defaultdict(set)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Side by side the longest begin, and in one process the cheapest."""
        side_by_side = hasattr(config, "workerinput")
        ranks = [*LONGEST, *TIERS] if side_by_side else [*reversed(TIERS), *reversed(LONGEST)]
        items.sort(key=lambda item: ranks.index(_find_rank(item.nodeid)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: object) -> GroupScheduling:
        # Otherwise the group of the most tests would begin, which is not the longest.
        config.option.loadscopereorder = False
        return GroupScheduling(config, log)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        node = getattr(report, "node", None)
        if node is not None:
            self._processes[find_group(report.nodeid)].add(node.gateway.id)

    @property
    def split(self) -> list[str]:
        """Groups that were seen in more than one process."""
        return sorted(group for group, processes in self._processes.items() if len(processes) > 1)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.split:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for group in self.split:
            terminalreporter.write_line(f"SPLIT: tests of {group} ran in more than one process", red=True)


def _find_rank(nodeid: str) -> str:
    group = find_group(nodeid)
    stem = group.rpartition("/")[2].removesuffix(".py")
    return stem if stem in LONGEST else find_tier(nodeid)
