"""One month: servers of its own, the product's use cases in this process, event after event on one clock."""

import contextlib
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from structlog.testing import capture_logs

from dev.harness import command
from dev.harness.command import option
from dev.harness.desk import add_manager
from dev.harness.services import Inlet, close_services, read_settings
from dev.harness.world import UNSAFE_BUT_FAST, World
from dev.month.clocks import Clocks, prepare
from dev.month.plan import CLINIC, COMPANIES, MEDICAL, Plan
from dev.month.steps import Month
from dev.month.verdict import Verdict, judge
from shared.storage.db import create_database_engine
from worker.services import create_services


@dataclass(frozen=True, kw_only=True)
class Options(command.Options):
    first: date = option(date(2026, 3, 1), "first day (2026-03-01)", type=date.fromisoformat)
    days: int = option(31, "(31)")
    visits: int = option(8, "a day and cashbox (8)")


def run_month(options: Options, folder: Path) -> Verdict:
    """What was found."""
    plan = Plan(options.seed, options.first, options.days, options.visits)
    settings = UNSAFE_BUT_FAST | {"synchronous_commit": "off"}
    with contextlib.ExitStack() as opened:
        # Thousands of lines about an ordinary month help nobody; what is wrong is in the verdict.
        opened.enter_context(capture_logs())
        world = opened.enter_context(World(folder, cashboxes=COMPANIES.values(), latency_ms=0, postgres=settings))
        world.simulator.process.start()
        prepare(world.postgres)
        world.migrate()
        add_manager(world)  # who orders the returns
        world.add_cashboxes({number: company for company, number in COMPANIES.items()})
        rates = ", ".join(f"{title}=medical" for title in MEDICAL)
        world.postgres.execute(f"UPDATE cashboxes SET vat = 'auto', vat_lines = '{rates}' WHERE company_id = {CLINIC}")
        # Payments come before their visits here, so nothing is worth a wait in real time.
        services = create_services(read_settings(world.environment, payment_wait_seconds=0, goods_wait_seconds=0))
        opened.callback(close_services, services)
        engine = create_database_engine(services.settings, pool_size=4)
        opened.callback(engine.dispose)
        inlet = Inlet(services.settings)
        opened.callback(inlet.close)
        clocks = Clocks(engine, world.simulator)
        opened.callback(clocks.reset)
        month = Month(services, inlet, world.simulator)
        started = time.monotonic()
        for event in plan.events:
            clocks.set(event.at)
            event.step(month, event.at)
        verdict = judge(services, world.simulator, plan, month.days)
        verdict.seconds = time.monotonic() - started
        return verdict
