"""Odd answers of a server, over real sockets."""

from collections.abc import Generator, Iterator

import pytest

from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.documents import SCOPES
from tests.support.onlooker import Onlooker


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failure tells of texts that have no UTF-8 form, and a process of pytest-xdist could not tell the others."""
    report = yield
    if report.failed:
        report.longrepr = str(report.longrepr).encode("utf-8", "backslashreplace").decode()
    return report


@pytest.fixture(params=SCOPES)
def scope(request: pytest.FixtureRequest, simulator: SimulatorControl) -> str:
    """What the vendor's numbers are unique in."""
    simulator.settings(scope=request.param)
    return str(request.param)


@pytest.fixture
def onlooker(bridge: Bridge) -> Iterator[Onlooker]:
    person = Onlooker(bridge)
    yield person
    person.close()
