"""The short form of `make fiscal-month`: some days of three cashboxes, with everything planted and everything in the way."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from dev.harness.simulator import SimulatorControl
from dev.month.run import Options, run_month
from tests.support.operator import Operator
from tests.support.payloads import visit
from tests.support.stack import Stack


@pytest.mark.deadline(900)
def test_every_shift_is_closed_every_report_agrees_and_every_planted_difference_is_found(workplace: Path) -> None:
    folder = workplace / "month"
    folder.mkdir()
    options = Options(seed=1, first=date(2026, 12, 30), days=4, visits=3)
    verdict = run_month(options, folder)
    assert verdict.is_clean, verdict.format()
    assert len(verdict.found) == 7
    assert verdict.answers_lost == 1
    assert {"schedule", "elsewhere"} <= set(verdict.closed_by)
    assert verdict.offline > 0
    # A clinic over New Year: the rate of its medical services rises, for those rendered from then on.
    assert {5, 10, 16} <= set(verdict.rates)


def test_the_running_service_closes_a_shift_whose_time_has_come(
    service: Stack, simulator: SimulatorControl, module_env: dict[str, str]
) -> None:
    """The way of the messages: a tick, its task, the Z-report."""
    row = int(service.post(visit(1008)).json()["record_id"])
    service.wait_for_state(row, "processed")
    engine = create_engine(module_env["DATABASE_URL"], poolclass=NullPool)
    with engine.begin() as connection:
        connection.execute(text("UPDATE shifts SET opened_at = now() - interval '21.6 hours'"))
    assert Operator(service).run("worker.tasks.watch_shifts", group="call")[0] == 0
    service.wait_for(lambda: simulator.journal("z_report"), what="the Z-report")

    def is_stored() -> bool:
        with engine.connect() as connection:
            return bool(connection.scalar(text("SELECT report IS NOT NULL AND closed_by = 'schedule' FROM shifts")))

    service.wait_for(is_stored, what="the report to be stored")
    assert simulator.state()["overlaps"] == 0
