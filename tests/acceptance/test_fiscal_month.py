"""The short form of `make fiscal-month`: some days of three cashboxes, with everything planted and everything in the way."""

from datetime import date
from pathlib import Path

from dev.month.run import Options, quiet_logs, run_month
from dev.month.verdict import format_verdict


def test_every_shift_is_closed_every_report_agrees_and_every_planted_difference_is_found(workplace: Path) -> None:
    folder = workplace / "month"
    folder.mkdir()
    options = Options(seed=1, first=date(2026, 3, 1), days=3, visits=3)
    with quiet_logs():
        verdict, seconds = run_month(options, folder)
    assert verdict.is_clean, format_verdict(verdict, options.first, options.days, seconds)
    assert len(verdict.found) == 7
    assert verdict.answers_lost == 1
    assert {"schedule", "elsewhere"} <= set(verdict.closed_by)
    assert verdict.offline > 0
