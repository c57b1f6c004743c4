"""Which tests share a process: those of one file, and half of all in a browser; and in which order the groups begin.

A hook of our own, since `--dist loadgroup` of pytest-xdist 3.8 writes the group where pytest 9.2 does not look for it.
"""

from collections import defaultdict
from collections.abc import Iterable

import pytest
from xdist.scheduler import LoadScopeScheduling

from tests.support.plugins.tiers import find_tier

# Each half has one service and one Chromium, which cost more to start than a file to run.
BROWSERS = ("browser a-o", "browser p-z")
# They take half a minute to three, most of it waiting: for a lease, a start, a page. One that began last would be waited for
# alone, and all at once would leave the cores idle: between two of them come files that compute.
LONGEST = (
    *BROWSERS,
    "test_customers",
    "test_chaos",
    "test_deployment",
    "test_salon_week",
    "test_seams",
    "test_chaos_written_back",
    "test_crashes",
    "test_live_stream",
    "test_docs",
    "test_backlog_seams",
    "test_register_refuses",
    "test_fiscal_month",
    "test_inside_redis",
    "test_starting",
    "test_wrong_clocks",
)
# Behind them, cheaper with every tier, so that small files fill what is left at the end.
TIERS = ("acceptance", "integration", "unit")
_FIRST_LETTER = len("test_")


def find_group(nodeid: str) -> str:
    """The path of the file, but one name for half of the tier of a browser."""
    path = nodeid.partition("::")[0]
    if find_tier(nodeid) != "browser":
        return path
    return BROWSERS[path.rpartition("/")[2][_FIRST_LETTER:] >= "p"]


def order_side_by_side(groups: Iterable[str]) -> list[str]:
    """What waits is spread over what computes; units, which only compute, are last."""
    ranked: dict[int, list[str]] = defaultdict(list)
    for group in sorted(groups, key=_find_rank):
        ranked[max(_find_rank(group) - len(LONGEST), -1)].append(group)
    longest, acceptance, integration, unit = (ranked[rank] for rank in (-1, 0, 1, 2))
    return [*_spread(longest, _spread(acceptance, integration)), *unit]


def _spread(few: list[str], many: list[str]) -> list[str]:
    """Both in their order, the first of `few` first, and as many of `many` between any two of them."""
    places = {group: number / len(each) for each in (few, many) for number, group in enumerate(each)}
    return sorted([*few, *many], key=places.__getitem__)


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
        groups = dict.fromkeys(find_group(item.nodeid) for item in items)
        if hasattr(config, "workerinput"):
            order = order_side_by_side(groups)
        else:
            order = sorted(groups, key=_find_rank, reverse=True)
        places = {group: place for place, group in enumerate(order)}
        items.sort(key=lambda item: places[find_group(item.nodeid)])

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


def _find_rank(group: str) -> int:
    stem = group.rpartition("/")[2].removesuffix(".py")
    return LONGEST.index(stem) if stem in LONGEST else len(LONGEST) + TIERS.index(find_tier(group))
