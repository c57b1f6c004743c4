"""One database, one broker and one simulator for all files of a process; each test finds them empty."""

from collections.abc import Iterator

import pytest

from dev.demo.children import service_environment
from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from dev.demo.state import Secrets
from dev.harness.register import Register
from dev.harness.simulator import SimulatorControl
from tests.support.bridge import Bridge
from tests.support.databases import clone_template, revive

# Far from those `redis_url` of tests/conftest.py begins with, and apart from those of the other tiers.
REDIS_DATABASE = 63


@pytest.fixture(scope="session")
def common_database_url(migrated_postgres: Postgres) -> str:
    """Of all files of this process: one each, and all statements compiled and planned anew, would cost more than most do."""
    return migrated_postgres.url_of(clone_template(migrated_postgres))


@pytest.fixture(scope="session")
def common_bridge(
    common_database_url: str, redis_server: Redis, simulator_process: SimulatorControl, secrets: Secrets
) -> Iterator[Bridge]:
    redis_url = redis_server.url_of(REDIS_DATABASE)
    bridge = Bridge(service_environment(common_database_url, redis_url, simulator_process.url, secrets))
    yield bridge
    bridge.close()


@pytest.fixture(scope="module")
def stores(postgres: Postgres, redis_server: Redis) -> None:
    """Up again: a file before may have left them killed."""
    revive(postgres)
    revive(redis_server)


@pytest.fixture
def bridge(stores: None, common_bridge: Bridge, simulator: SimulatorControl) -> Iterator[Bridge]:
    """Whatever a test does, calls at one cashbox never overlap."""
    common_bridge.wipe()
    yield common_bridge
    assert simulator.state()["overlaps"] == 0


@pytest.fixture
def register(simulator: SimulatorControl) -> Register:
    return Register(simulator)
