"""Fixtures of every tier. Servers start when the first test asks for one: unit tests never wait for them."""

import itertools
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import pytest

from dev.demo.children import service_environment
from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from dev.demo.state import Secrets
from dev.demo.waiting import find_free_port
from dev.harness.altegio import AltegioControl
from dev.harness.simulator import MORE_CASHBOXES, SimulatorControl
from dev.harness.world import UNSAFE_BUT_FAST
from tests.support.databases import clone_template, migrate_template
from tests.support.deadlines import SECONDS, enforce, find_deadline
from tests.support.loopback import forbid_other_addresses
from tests.support.stack import Stack
from tests.support.workplace import claim_workplace

TESTS = Path(__file__).parent
REDIS_DATABASES = 64
# Nothing is waited for unless a test is about the waiting.
AT_ONCE = {"LOG_FORMAT": "json", "PAYMENT_WAIT_SECONDS": "0"}

# Of the acceptance tests, those that hurt nothing and measure no time.
COMMANDS_ONLY = {
    "test_chain",
    "test_command_line",
    "test_docs",
    "test_doctor",
    "test_fiscal_month",
    "test_flower",
    "test_monitoring",
    "test_openapi",
    "test_salon_week",
    "test_security",
    "test_starting",
    "test_traces",
}

LOGS = pytest.StashKey[list[Callable[[], Mapping[str, str]]]]()
_redis_numbers = itertools.cycle(range(REDIS_DATABASES))

forbid_other_addresses()


def pytest_configure(config: pytest.Config) -> None:
    for tier in SECONDS:
        config.addinivalue_line("markers", f"{tier}: given by the folder the test is in")
    config.addinivalue_line("markers", "deadline(seconds): the longest this test may take")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tier is the folder; cheap tiers run first. Side by side, whole services stay in one process of each group.

    What kills and freezes is a group of its own, and so is what only waits for commands.
    """
    for item in items:
        tier = _find_tier(item.path)
        item.add_marker(tier)
        item.add_marker(pytest.mark.xdist_group("commands" if item.path.stem in COMMANDS_ONLY else tier))
    order = list(SECONDS)
    items.sort(key=lambda item: order.index(_find_tier(item.path)))


def _find_tier(path: Path) -> str:
    folder = path.relative_to(TESTS).parts[0] if path.is_relative_to(TESTS) else ""
    return folder if folder in SECONDS else "unit"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    with enforce(find_deadline(item)):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    with enforce(find_deadline(item)):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    with enforce(find_deadline(item)):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what every process said."""
    report = yield
    if report.failed:
        for read_logs in item.stash.get(LOGS, []):
            report.sections.extend((f"log of {name}", text) for name, text in read_logs().items())
    return report


@pytest.fixture(scope="session")
def workplace() -> Iterator[Path]:
    """A folder of this run alone, gone at its end."""
    with claim_workplace() as folder:
        yield folder


@pytest.fixture(scope="session")
def secrets(workplace: Path) -> Secrets:
    return Secrets.recall(workplace)


@pytest.fixture(scope="session")
def postgres(workplace: Path) -> Iterator[Postgres]:
    """PostgreSQL of this run. A test may kill, pause or restart it: the next one finds it up again."""
    server = Postgres(workplace / "postgres", settings=UNSAFE_BUT_FAST)
    try:
        server.start()
        yield server
    finally:
        server.destroy()


@pytest.fixture(scope="session")
def redis_server(workplace: Path) -> Iterator[Redis]:
    """Redis of this run; may be hurt like `postgres`."""
    server = Redis(workplace / "redis", databases=REDIS_DATABASES)
    try:
        server.start()
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres, workplace: Path) -> Postgres:
    migrate_template(postgres, workplace)
    return postgres


@pytest.fixture
def database_url(migrated_postgres: Postgres) -> Iterator[str]:
    """A fresh database with the migrated schema, in the form the service's DATABASE_URL takes."""
    yield from _lend_database(migrated_postgres)


@pytest.fixture(scope="module")
def module_database_url(migrated_postgres: Postgres) -> Iterator[str]:
    """The same, shared by the tests of a file."""
    yield from _lend_database(migrated_postgres)


def _lend_database(postgres: Postgres) -> Iterator[str]:
    _revive(postgres)
    name = clone_template(postgres)
    yield postgres.url_of(name)
    _revive(postgres)
    postgres.drop_database(name)


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """An empty Redis database that no test used lately."""
    _revive(redis_server)
    number = next(_redis_numbers)
    redis_server.flush(number)
    return redis_server.url_of(number)


def _revive(server: Postgres | Redis) -> None:
    server.resume()
    server.start()


@pytest.fixture(scope="session")
def simulator_process(workplace: Path, secrets: Secrets) -> Iterator[SimulatorControl]:
    control = SimulatorControl(find_free_port(), secrets, workplace, MORE_CASHBOXES)
    try:
        control.process.start()
        yield control
    finally:
        control.process.kill()


@pytest.fixture
def simulator(simulator_process: SimulatorControl) -> SimulatorControl:
    """Webkassa's simulator with an empty ledger, no faults and the true time."""
    process = simulator_process.process
    if process.running:
        process.resume()
    process.start()
    simulator_process.reset()
    return simulator_process


@pytest.fixture(scope="session")
def altegio_process(workplace: Path) -> Iterator[AltegioControl]:
    control = AltegioControl(workplace, "--no-limits")
    try:
        control.process.start()
        yield control
    finally:
        control.process.kill()


@pytest.fixture
def altegio(altegio_process: AltegioControl) -> AltegioControl:
    """Altegio's simulator that knows the usual salon and nothing else."""
    altegio_process.process.start()
    altegio_process.reset()
    altegio_process.open()
    return altegio_process


@pytest.fixture
def service_env(database_url: str, redis_url: str, simulator: SimulatorControl, secrets: Secrets) -> Mapping[str, str]:
    """The whole environment of the service's processes."""
    return service_environment(database_url, redis_url, simulator.url, secrets, AT_ONCE)


@pytest.fixture
def stack(
    request: pytest.FixtureRequest,
    service_env: Mapping[str, str],
    simulator: SimulatorControl,
    tmp_path: Path,
) -> Iterator[Callable[..., Stack]]:
    """`stack(workers=2, beat=False, env={...})` starts the service; everything is ended with the test."""
    logs = request.node.stash.setdefault(LOGS, [])
    logs.append(lambda: {"webkassa": simulator.process.tail()})
    with ExitStack() as opened:

        def start(*, workers: int = 1, beat: bool = True, env: Mapping[str, str] | None = None) -> Stack:
            folder = tmp_path / f"stack-{len(logs)}"
            folder.mkdir()
            started = Stack(folder, {**service_env, **(env or {})}, workers=workers, beats=int(beat))
            opened.callback(started.close)
            logs.append(lambda: started.logs)
            started.start_all()
            return started

        yield start
