"""Which tests share a process, and that a run in which they did not fails."""

from types import SimpleNamespace

import pytest

from dev.demo.children import ROOT
from tests.support.plugins.groups import CHAINS, Groups, find_group
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
    groups.pytest_runtest_logreport(report("tests/acceptance/test_crashes.py::b", "gw1"))
    groups.pytest_sessionfinish(session)
    assert (groups.split, session.exitstatus) == (["crashes"], 1)


@pytest.mark.parametrize(
    ("nodeid", "group"),
    [
        ("tests/unit/acquire/test_words.py::test_x[a/b]", "tests/unit/acquire/test_words.py"),
        ("tests/acceptance/test_seams.py::test_x", "crashes"),
        ("tests/acceptance/test_of_tomorrow.py::test_x", "services"),
        ("tests/browser/test_paying.py::test_x", "browser"),
    ],
)
def test_groups_are_chains_and_files(nodeid: str, group: str) -> None:
    assert find_group(nodeid) == group


def test_chains_name_files_that_exist() -> None:
    stems = {path.stem for path in (ROOT / "tests" / "acceptance").glob("test_*.py")}
    named = [stem for chain in CHAINS.values() for stem in chain]
    assert set(named) <= stems
    assert len(named) == len(set(named))


def test_nothing_is_told_where_nothing_ran() -> None:
    Summary().pytest_terminal_summary(SimpleNamespace())
