"""Chaos with receipts written back: every visit names its receipts once, no edit is undone, and nothing else changes.

Altegio is asked here, and a twentieth of its answers is spoilt.
"""

from pathlib import Path

import pytest

from dev.chaos.options import Options
from dev.chaos.run import Run

FAULTS = ("20 identical posts at once", "redis FLUSHALL", "one worker kill -9", "drop after recording")
SHORT = {"LEASE_SECONDS": "5", "WEBKASSA_READ_TIMEOUT": "2", "WEBKASSA_CONNECT_TIMEOUT": "1"}


@pytest.mark.deadline(900)
def test_every_visit_names_its_receipts(tmp_path: Path) -> None:
    options = Options(
        seed=7,
        due=30,
        scope="shift",
        faults=",".join(FAULTS),
        minutes=12,
        patience=25,
        write_back="on",
        environment=SHORT,
    )

    result = Run(options, tmp_path).run()

    assert result.verdict.is_clean, result.format()
    assert len(result.injections) == len(FAULTS), result.format()
    assert "unnamed" in result.verdict.columns
