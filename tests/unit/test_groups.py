"""Which tests share a process, and that a run in which they did not fails."""

from types import SimpleNamespace
from typing import Any

import pytest

from dev.demo.children import ROOT
from tests.support.plugins.groups import BROWSERS, LONGEST, Groups, find_group
from tests.support.plugins.summary import Summary


def report(nodeid: str, process: str) -> SimpleNamespace:
    return SimpleNamespace(nodeid=nodeid, node=SimpleNamespace(gateway=SimpleNamespace(id=process)))


def test_a_group_in_two_processes_fails_the_run() -> None:
    groups = Groups()
    groups.pytest_runtest_logreport(report("tests/acceptance/test_seams.py::a", "gw0"))
    groups.pytest_runtest_logreport(report("tests/unit/test_money.py::a", "gw1"))
    session = SimpleNamespace(exitstatus=0)
    groups.pytest_sessionfinish(session)
    assert (groups.split, session.exitstatus) == ([], 0)
    groups.pytest_runtest_logreport(report("tests/acceptance/test_seams.py::b", "gw1"))
    groups.pytest_sessionfinish(session)
    assert (groups.split, session.exitstatus) == (["tests/acceptance/test_seams.py"], 1)


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("tests/unit/acquire/test_words.py::test_x[a/b]", "tests/unit/acquire/test_words.py"),
        ("tests/acceptance/test_seams.py::test_x", "tests/acceptance/test_seams.py"),
        ("tests/browser/test_account.py::test_x[p]", BROWSERS[0]),
        ("tests/browser/test_paying.py::test_x", BROWSERS[1]),
    ],
)
def test_groups_are_files_and_halves_of_the_browser(nodeid: str, group: str) -> None:
    assert find_group(nodeid) == group


def test_the_longest_are_files_that_exist() -> None:
    stems = {path.stem for path in (ROOT / "tests" / "acceptance").glob("test_*.py")}
    assert set(LONGEST) - {*BROWSERS} <= stems


NAMES = [
    *("unit/test_a.py", "unit/test_b.py"),
    *("integration/test_a.py", "integration/test_b.py", "integration/test_c.py", "integration/test_d.py"),
    "acceptance/test_a.py",
    "acceptance/test_docs.py",
    "browser/test_a.py",
]


def order(**process: Any) -> list[str]:
    items = [SimpleNamespace(nodeid=f"tests/{name}::test") for name in NAMES]
    Groups().pytest_collection_modifyitems(SimpleNamespace(**process), items)
    return [item.nodeid.removeprefix("tests/").removesuffix("::test") for item in items]


def test_in_one_process_the_cheapest_begin() -> None:
    assert order() == NAMES


def test_side_by_side_what_waits_is_among_what_computes() -> None:
    assert order(workerinput={}) == [
        *("browser/test_a.py", "acceptance/test_a.py", "integration/test_a.py", "integration/test_b.py"),
        *("acceptance/test_docs.py", "integration/test_c.py", "integration/test_d.py"),
        *("unit/test_a.py", "unit/test_b.py"),
    ]


def test_nothing_is_told_where_nothing_ran() -> None:
    Summary().pytest_terminal_summary(SimpleNamespace())
