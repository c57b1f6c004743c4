"""The payment page over a real PostgreSQL and Redis: one application a process, an empty database a test."""

from collections.abc import Iterator

import pytest

from dev.demo.children import service_environment
from dev.demo.redis_server import Redis
from dev.demo.state import Secrets
from tests.support.desk import Browser, Desk

# Apart from those of the other tiers.
REDIS_DATABASE = 60


@pytest.fixture(scope="session")
def common_desk(common_database_url: str, redis_server: Redis, secrets: Secrets) -> Iterator[Desk]:
    redis_url = redis_server.url_of(REDIS_DATABASE)
    environment = service_environment(common_database_url, redis_url, "http://127.0.0.1:9", secrets)
    with Desk.open(environment) as desk:
        yield desk


@pytest.fixture
def desk(stores: None, common_desk: Desk) -> Iterator[Desk]:
    common_desk.wipe()
    yield common_desk
    common_desk.close_browsers()


@pytest.fixture
def cashier(desk: Desk) -> Browser:
    """Signed in."""
    desk.add_user("aigul")
    return desk.sign_in("aigul")


@pytest.fixture
def manager(desk: Desk) -> Browser:
    """Signed in."""
    desk.add_user("dana", role="manager")
    return desk.sign_in("dana")
