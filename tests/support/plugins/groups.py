"""Which tests share a process: chains of files that start whole services, else the tests of one file.

A hook of our own, since `--dist loadgroup` of pytest-xdist 3.8 writes the group where pytest 9.2 does not look for it.
"""

from collections import defaultdict

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.support.plugins.tiers import find_tier

# In the order in which they begin, the longest first. What kills and freezes servers runs one after another.
CHAINS = {
    "commands": (
        "test_chain",
        "test_command_line",
        "test_docs",
        "test_doctor",
        "test_fiscal_month",
        "test_flower",
        "test_monitoring",
        "test_openapi",
        "test_salon_week",
        "test_security",
        "test_starting",
        "test_traces",
    ),
    "crashes": ("test_crashes", "test_seams", "test_backlog_seams", "test_chaos"),
    "services": (),  # every other file of `acceptance`
    "browser": (),  # all of them use one service and one Chromium
}
# Behind the chains: the longer tier first, so that small files fill what is left at the end.
FILES = ("integration", "unit")


def find_group(nodeid: str) -> str:
    """The name of a chain, else the path of the file."""
    path, tier = nodeid.partition("::")[0], find_tier(nodeid)
    if tier == "browser":
        return "browser"
    if tier != "acceptance":
        return path
    stem = path.rpartition("/")[2].removesuffix(".py")
    return next((chain for chain, stems in CHAINS.items() if stem in stems), "services")


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
        ranks = [*CHAINS, *FILES] if side_by_side else [*reversed(FILES), *reversed(CHAINS)]
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
    tier = find_tier(nodeid)
    return tier if tier in FILES else find_group(nodeid)
