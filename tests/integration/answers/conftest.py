"""Odd answers of a server, over real sockets."""

from collections.abc import Iterator

import pytest

from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.onlooker import Onlooker


@pytest.fixture(params=["cashbox", "shift"])
def scope(request: pytest.FixtureRequest, simulator: SimulatorControl) -> str:
    """What the vendor's numbers are unique in."""
    simulator.settings(scope=request.param)
    return str(request.param)


@pytest.fixture
def onlooker(bridge: Bridge) -> Iterator[Onlooker]:
    person = Onlooker(bridge)
    yield person
    person.close()
