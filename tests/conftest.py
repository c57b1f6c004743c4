"""Fixtures of every tier. Servers start when the first test asks for one: unit tests never wait for them."""

import gc
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
from dev.harness.child import Child
from dev.harness.simulator import MORE_CASHBOXES, SimulatorControl
from dev.harness.world import UNSAFE_BUT_FAST, World
from tests.support.databases import clone_template, migrate_template, revive
from tests.support.loopback import forbid_other_addresses
from tests.support.plugins.deadlines import Deadlines
from tests.support.plugins.groups import Groups
from tests.support.plugins.summary import Summary
from tests.support.plugins.tiers import find_tier
from tests.support.stack import Stack
from tests.support.warm import start as warm
from tests.support.workplace import claim_workplace

REDIS_DATABASES = 64
# Nothing is waited for unless a test is about the waiting.
AT_ONCE = {"LOG_FORMAT": "json", "PAYMENT_WAIT_SECONDS": "0"}

LOGS = pytest.StashKey[list[Callable[[], Mapping[str, str]]]]()
_redis_numbers = itertools.cycle(range(REDIS_DATABASES))

forbid_other_addresses()
Child.spawn_with = staticmethod(warm.spawn)
World.run_with = staticmethod(warm.run)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "deadline(seconds): the longest this test may take")
    config.addinivalue_line("markers", "thorough: goes further under HYPOTHESIS_PROFILE=thorough, as in `make model`")
    for plugin in (Groups(), Deadlines(), Summary()):
        config.pluginmanager.register(plugin)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Hardly anything becomes garbage while modules are loaded: a fourth of the time was spent looking for it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`-m integration` chooses a folder, as its path would."""
    for item in items:
        item.add_marker(find_tier(item.nodeid))


def pytest_collection_finish() -> None:
    """Thousands of tests stay until the end: a full collection need not walk them each time.

    Nor need one run each time that a request or a statement has made seven hundred objects: most go without it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_sessionfinish() -> None:
    warm.end()


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
    revive(postgres)
    name = clone_template(postgres)
    yield postgres.url_of(name)
    revive(postgres)
    postgres.drop_database(name)


@pytest.fixture
def redis_url(redis_server: Redis) -> str:
    """An empty Redis database that no test used lately."""
    revive(redis_server)
    number = next(_redis_numbers)
    redis_server.flush(number)
    return redis_server.url_of(number)


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
    simulator_process.renew()
    return simulator_process


@pytest.fixture(scope="session")
def altegio_process(workplace: Path) -> Iterator[AltegioControl]:
    control = AltegioControl(workplace, "--limit-per-second=0", "--limit-per-minute=0")
    try:
        control.process.start()
        yield control
    finally:
        control.process.kill()


@pytest.fixture
def altegio(altegio_process: AltegioControl) -> AltegioControl:
    """Altegio's simulator that knows the usual salon and nothing else."""
    altegio_process.renew()
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
