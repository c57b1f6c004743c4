"""One running service for a file of tests: its processes are shared, record ids differ. And nginx in front of it."""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack

import pytest

from dev.demo.children import service_environment
from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from dev.demo.state import Secrets
from dev.demo.waiting import wait_until
from dev.deploy.nginx import MISSING, Upstreams, find_nginx
from dev.harness.simulator import SimulatorControl
from tests.support.echo import Echo, run_echo
from tests.support.nginx import Nginx
from tests.support.stack import Stack

# Short waits, so that a take-over is seen within a test.
QUICK = {
    "LOG_FORMAT": "json",
    "LEASE_SECONDS": "8",
    "DISPATCH_INTERVAL_SECONDS": "1",
    "WEBKASSA_READ_TIMEOUT": "3",
    "WEBKASSA_VAT": "16",
    "GOODS_WAIT_SECONDS": "0.5",
    "PAYMENT_WAIT_SECONDS": "0",
}
# Far from those `redis_url` of tests/conftest.py begins with.
REDIS_DATABASE = 62


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what every process of the shared service said."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("module_stack")
    if report.failed and stack is not None:
        report.sections.extend((f"log of {name}", text) for name, text in stack.logs.items())
    return report


@pytest.fixture(scope="module")
def module_env(
    module_database_url: str, redis_server: Redis, simulator_process: SimulatorControl, secrets: Secrets
) -> dict[str, str]:
    # A file before may have left it killed or frozen.
    redis_server.resume()
    redis_server.start()
    redis_server.flush(REDIS_DATABASE)
    redis_url = redis_server.url_of(REDIS_DATABASE)
    return service_environment(module_database_url, redis_url, simulator_process.url, secrets, QUICK)


@pytest.fixture(scope="module")
def module_stack(
    module_env: dict[str, str], simulator_process: SimulatorControl, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    simulator_process.process.start()
    simulator_process.reset()
    started = Stack(tmp_path_factory.mktemp("stack"), module_env)
    try:
        started.start_all()
        yield started
    finally:
        started.close()


@pytest.fixture
def service(
    module_stack: Stack, postgres: Postgres, redis_server: Redis, simulator_process: SimulatorControl
) -> Iterator[Stack]:
    """Whole again, whatever the test before did to it."""
    for server in (postgres, redis_server, simulator_process.process):
        if server.running:
            server.resume()
        server.start()
    for child in module_stack.children.values():
        if child.running:
            child.resume()
        child.spawn()
    for child in module_stack.children.values():
        child.await_ready()
    simulator_process.clear_faults()
    wait_until(
        lambda: module_stack.get("/health/ready").json()["status"] == "ok", timeout=30, what="the service to be whole"
    )
    yield module_stack
    assert simulator_process.state()["overlaps"] == 0


@pytest.fixture(scope="module")
def program() -> str:
    found = find_nginx()
    if found is None:
        pytest.skip(MISSING)
    return found


@pytest.fixture(scope="module")
def start_nginx(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Nginx]]:
    """`start_nginx(api_server, changes, flower=…)`; ended with the tests of this file."""
    with ExitStack() as opened:

        def start(api_server: str, changes: Mapping[str, str] | None = None, **others: str) -> Nginx:
            nginx = Nginx(program, tmp_path_factory.mktemp("nginx"), Upstreams(api_server, **others), changes)
            opened.callback(nginx.process.kill)
            nginx.process.start()
            return nginx

        yield start


@pytest.fixture(scope="module")
def echo() -> Iterator[Echo]:
    with run_echo() as server:
        yield server
