"""The payment page over a real PostgreSQL and Redis: one application a file, an empty database a test."""

import itertools
from collections.abc import Iterator

import pytest

from dev.demo.children import service_environment
from dev.demo.redis_server import Redis
from dev.demo.state import Secrets
from tests.support.desk import Browser, Desk

# Apart from those of tests/conftest.py (from the bottom) and tests/integration/conftest.py (from the top).
_redis_numbers = itertools.cycle(range(28, 36))


@pytest.fixture(scope="module")
def module_desk(module_database_url: str, redis_server: Redis, secrets: Secrets) -> Iterator[Desk]:
    redis_server.resume()
    redis_server.start()
    redis_url = redis_server.url_of(next(_redis_numbers))
    environment = service_environment(module_database_url, redis_url, "http://127.0.0.1:9", secrets)
    with Desk.open(environment) as desk:
        yield desk


@pytest.fixture
def desk(module_desk: Desk) -> Iterator[Desk]:
    module_desk.wipe()
    yield module_desk
    module_desk.close_browsers()


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
