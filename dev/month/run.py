"""One month: servers of its own, the product's use cases in this process, event after event on one clock."""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import text

from dev.chaos.child import Child
from dev.chaos.register import Register
from dev.demo.children import base_environment, migrate_command, service_environment, simulator_command
from dev.demo.postgres_server import Postgres
from dev.demo.redis_server import Redis
from dev.demo.state import Secrets
from dev.demo.waiting import find_free_port
from dev.inlet import Inlet
from dev.month.cabinet import Cabinet
from dev.month.clocks import Clocks, prepare
from dev.month.plan import COMPANIES, Plan
from dev.month.steps import Month
from dev.month.verdict import Verdict, judge
from shared.config import Settings
from shared.storage.db import create_database_engine
from worker.services import Services, create_services

POSTGRES_SETTINGS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@dataclass(frozen=True, slots=True)
class Options:
    seed: int
    first: date
    days: int
    visits: int


def run_month(options: Options, folder: Path) -> tuple[Verdict, float]:
    """What was found, and how long it took."""
    plan = Plan(options.seed, options.first, options.days, options.visits)
    secrets = Secrets.recall(folder)
    with contextlib.ExitStack() as opened:
        postgres, redis = _start_servers(opened, folder)
        register = _start_simulator(opened, folder, secrets)
        _migrate(postgres, folder)
        services = _open_services(opened, postgres, redis, register, secrets)
        engine = create_database_engine(services.settings, pool_size=4)
        opened.callback(engine.dispose)
        inlet = Inlet(services.settings)
        opened.callback(inlet.close)
        clocks = Clocks(engine, register)
        opened.callback(clocks.reset)
        month = Month(services, inlet, register, Cabinet(register.url, secrets))
        started = time.monotonic()
        for event in plan.events:
            clocks.set(event.at)
            event.step(month, event.at)
        return judge(services, register, plan), time.monotonic() - started


def _start_servers(opened: contextlib.ExitStack, folder: Path) -> tuple[Postgres, Redis]:
    postgres, redis = Postgres(folder / "postgres", settings=POSTGRES_SETTINGS), Redis(folder / "redis")
    opened.callback(postgres.destroy)
    postgres.start()
    opened.callback(redis.kill)
    redis.start()
    return postgres, redis


def _start_simulator(opened: contextlib.ExitStack, folder: Path, secrets: Secrets) -> Register:
    port = find_free_port()
    cashboxes = [f"--cashbox={number}" for number in COMPANIES.values()]
    command = [*simulator_command(port, secrets, folder / "ledger"), *cashboxes]
    simulator = Child("webkassa", command, base_environment(), folder, lambda said: "simulator on" in said)
    opened.callback(simulator.kill)
    simulator.start()
    return Register(f"http://127.0.0.1:{port}")


def _migrate(postgres: Postgres, folder: Path) -> None:
    prepare(postgres)
    environment = {**base_environment(), "DATABASE_URL": postgres.url}
    with (folder / "migrate.log").open("wb") as output:
        subprocess.run(migrate_command(), env=environment, cwd=folder, stdout=output, stderr=subprocess.STDOUT, check=True)
    statement = text("INSERT INTO cashboxes (unique_number, company_id) VALUES (:number, :company)")
    with postgres.connect() as connection:
        connection.execute(statement, [{"number": number, "company": company} for company, number in COMPANIES.items()])


def _open_services(
    opened: contextlib.ExitStack, postgres: Postgres, redis: Redis, register: Register, secrets: Secrets
) -> Services:
    environment = service_environment(postgres.url, redis.url, register.url, secrets)
    values = {name.lower(): value for name, value in environment.items()}
    known = {name: value for name, value in values.items() if name in Settings.model_fields}
    # Payments come before their visits here, so nothing is worth a wait in real time.
    settings = Settings(_env_file=None, **{**known, "payment_wait_seconds": 0, "goods_wait_seconds": 0})  # type: ignore[arg-type]
    services = create_services(settings)
    opened.callback(_close, services)
    return services


def _close(services: Services) -> None:
    services.producer.close()
    services.redis.close()
    services.sessions.kw["bind"].dispose()


@contextlib.contextmanager
def quiet_logs() -> Iterator[None]:
    """Thousands of lines about an ordinary month help nobody; what is wrong is in the verdict."""
    import logging  # noqa: PLC0415

    import structlog  # noqa: PLC0415

    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        yield
    finally:
        structlog.configure(**before)
