"""One database, one broker and one simulator for a file of tests; each test finds them empty."""

import itertools
from collections.abc import Iterator

import pytest

from dev.demo.children import service_environment
from dev.demo.redis_server import Redis
from dev.demo.state import Secrets
from dev.harness.register import Register
from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge

# From the top: `redis_url` of tests/conftest.py counts from the bottom.
_redis_numbers = itertools.count(63, -1)


@pytest.fixture(scope="module")
def module_bridge(
    module_database_url: str, redis_server: Redis, simulator_process: SimulatorControl, secrets: Secrets
) -> Iterator[Bridge]:
    # A file before may have left it killed.
    redis_server.resume()
    redis_server.start()
    redis_url = redis_server.url_of(next(_redis_numbers))
    bridge = Bridge(service_environment(module_database_url, redis_url, simulator_process.url, secrets))
    yield bridge
    bridge.close()


@pytest.fixture
def bridge(module_bridge: Bridge, simulator: SimulatorControl) -> Iterator[Bridge]:
    """Whatever a test does, calls at one cashbox never overlap."""
    module_bridge.wipe()
    yield module_bridge
    assert simulator.state()["overlaps"] == 0


@pytest.fixture
def register(simulator: SimulatorControl) -> Register:
    return Register(simulator)
