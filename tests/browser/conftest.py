"""One running service for all browser tests of a process, and a Chromium that looks at it. Visits have ids of their own."""

import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from dev.demo.children import ROOT, service_environment
from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from dev.demo.state import Secrets
from dev.harness.simulator import SimulatorControl
from tests.support.chromium import FLAGS, MISSING, find_chromium
from tests.support.databases import clone_template, revive
from tests.support.plugins.tiers import find_tier
from tests.support.shop import Shop
from tests.support.stack import Stack
from tests.support.warm import start as warm

Thing = TypeVar("Thing")
REDIS_DATABASE = 61
QUICK = {
    "LOG_FORMAT": "json",
    "PAYMENT_WAIT_SECONDS": "0",
    "DISPATCH_INTERVAL_SECONDS": "1",
    "RETRY_BASE_SECONDS": "0.2",
    "WEBKASSA_READ_TIMEOUT": "3",
    "WEBKASSA_VAT": "16",
    "CASHIER_WITHDRAWAL_CEILING": "2000000",
}
TABLET = {"viewport": {"width": 1024, "height": 768}, "locale": "ru-RU"}
PASSWORD = "right horse battery"
USERS = {"aigerim": "cashier", "daulet": "cashier", "director": "manager"}


class Shared:
    """What the files share: opened for the first of them, closed when a test of another tier follows.

    A session's fixtures would go on working beside all that come after, and Playwright keeps a loop running in this thread.
    """

    def __init__(self) -> None:
        self._opened = ExitStack()
        self._things: dict[Callable[..., Any], Any] = {}

    def once(self, opener: Callable[..., AbstractContextManager[Thing]], *arguments: Any) -> Thing:
        if opener not in self._things:
            self._things[opener] = self._opened.enter_context(opener(*arguments))
        thing: Thing = self._things[opener]
        return thing

    def close(self) -> None:
        self._things.clear()
        self._opened.close()


_shared = Shared()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> Generator[None, object, object]:
    result = yield
    if nextitem is None or find_tier(nextitem.nodeid) != "browser":
        _shared.close()
    return result


@pytest.fixture(scope="module")
def chromium() -> Browser:
    return _shared.once(open_chromium)


@contextmanager
def open_chromium() -> Iterator[Browser]:
    program = find_chromium()
    if program is None:
        pytest.skip(MISSING)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS), env={**os.environ, "LANGUAGE": "ru"})
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def service(
    migrated_postgres: Postgres,
    redis_server: Redis,
    simulator_process: SimulatorControl,
    secrets: Secrets,
    tmp_path_factory: pytest.TempPathFactory,
) -> Stack:
    return _shared.once(open_service, migrated_postgres, redis_server, simulator_process, secrets, tmp_path_factory)


@contextmanager
def open_service(
    postgres: Postgres, redis: Redis, simulator: SimulatorControl, secrets: Secrets, folders: pytest.TempPathFactory
) -> Iterator[Stack]:
    # A file before may have left them killed, frozen or at fault.
    revive(postgres)
    revive(redis)
    simulator.renew()
    database = postgres.url_of(clone_template(postgres))
    redis.flush(REDIS_DATABASE)
    environment = service_environment(database, redis.url_of(REDIS_DATABASE), simulator.url, secrets, QUICK)
    for login, role in USERS.items():
        add_user(environment, login, role)
    stack = Stack(folders.mktemp("shop"), environment)
    try:
        stack.start_all()
        yield stack
    finally:
        stack.close()


def add_user(environment: dict[str, str], login: str, role: str) -> None:
    command = [sys.executable, "-m", "api.acquire.users", "add", login, "--role", role, "--password-stdin"]
    done = warm.run(command, env=environment, cwd=ROOT, said=f"{PASSWORD}\n")
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def signed_in(chromium: Browser, service: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each user's cookies, so that not every test has to sign in."""
    return _shared.once(keep_cookies, chromium, service, tmp_path_factory)


@contextmanager
def keep_cookies(chromium: Browser, service: Stack, folders: pytest.TempPathFactory) -> Iterator[dict[str, Path]]:
    kept = {}
    for login in USERS:
        context = chromium.new_context()
        sign_in(context.new_page(), service.api_url, login)
        kept[login] = folders.mktemp("cookies") / f"{login}.json"
        context.storage_state(path=kept[login])
        context.close()
    yield kept


def sign_in(page: Page, url: str, login: str, password: str = PASSWORD) -> None:
    page.goto(f"{url}/acquire")
    page.fill("#login", login)
    page.fill("#password", password)
    page.click("main button")


@pytest.fixture
def open_context(chromium: Browser, service: Stack, signed_in: dict[str, Path]) -> Iterator[Callable[..., BrowserContext]]:
    """`open_context("aigerim", java_script_enabled=False)`; None for nobody. A page that breaks its own rules fails."""
    opened: list[BrowserContext] = []
    complaints: list[str] = []

    def start(login: str | None = "aigerim", **options: object) -> BrowserContext:
        state = {"storage_state": signed_in[login]} if login else {}
        context = chromium.new_context(base_url=service.api_url, **{**state, **options})  # type: ignore[arg-type]
        context.set_default_timeout(15_000)
        context.on("console", lambda said: complaints.append(said.text) if is_complaint(said.type, said.text) else None)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        opened.append(context)
        return context

    yield start
    for context in opened:
        context.close()
    assert complaints == []


def is_complaint(kind: str, text: str) -> bool:
    """What a server answers on purpose is no fault of the page."""
    return kind in ("error", "warning") and "Failed to load resource" not in text


@pytest.fixture
def page(open_context: Callable[..., BrowserContext]) -> Page:
    """A cashier's, on a tablet."""
    return open_context("aigerim", **TABLET).new_page()


@pytest.fixture
def manager(open_context: Callable[..., BrowserContext]) -> Page:
    return open_context("director", **TABLET).new_page()


@pytest.fixture(scope="module")
def module_manager(chromium: Browser, service: Stack, signed_in: dict[str, Path]) -> Iterator[Page]:
    """Makes what the tests of a file look at and none of them changes."""
    state: dict[str, Any] = {"storage_state": signed_in["director"], **TABLET}
    context = chromium.new_context(base_url=service.api_url, **state)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module")
def module_shop(service: Stack, simulator_process: SimulatorControl) -> Shop:
    return Shop(service, simulator_process)


@pytest.fixture
def shop(service: Stack, simulator_process: SimulatorControl) -> Iterator[Shop]:
    yield Shop(service, simulator_process)
    simulator_process.clear_faults()
    assert simulator_process.state()["overlaps"] == 0
