"""Which tests share a process, and that a run in which they did not fails."""

from types import SimpleNamespace

import pytest

from dev.demo.children import ROOT
from tests.support.plugins.groups import BROWSER, LONGEST, Groups, find_group
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
        ("tests/browser/test_paying.py::test_x", "browser"),
    ],
)
def test_groups_are_files_and_the_browser(nodeid: str, group: str) -> None:
    assert find_group(nodeid) == group


def test_the_longest_are_files_that_exist() -> None:
    stems = {path.stem for path in (ROOT / "tests" / "acceptance").glob("test_*.py")}
    assert set(LONGEST) - {BROWSER} <= stems


def test_side_by_side_the_longest_begin_and_the_cheapest_end() -> None:
    names = (
        "unit/test_a.py",
        "integration/test_a.py",
        "acceptance/test_a.py",
        "acceptance/test_docs.py",
        "browser/test_a.py",
    )
    items = [SimpleNamespace(nodeid=f"tests/{name}::test") for name in names]
    Groups().pytest_collection_modifyitems(SimpleNamespace(), items)
    assert [item.nodeid[6:-6] for item in items] == list(names)
    Groups().pytest_collection_modifyitems(SimpleNamespace(workerinput={}), items)
    assert [item.nodeid[6:-6] for item in items] == list(reversed(names))


def test_nothing_is_told_where_nothing_ran() -> None:
    Summary().pytest_terminal_summary(SimpleNamespace())
