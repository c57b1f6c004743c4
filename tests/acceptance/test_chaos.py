"""The chaos suite in the small: thirteen faults, some sixty receipts, the same oracle. `make chaos` is the long form.

Only faults that cost seconds: a decision that dies with its worker or its database is taken over after a minute.
`test_seams.py` kills workers, PostgreSQL and Redis, one at a time.
"""

from pathlib import Path

import pytest

from dev.chaos.options import Options
from dev.chaos.run import Run

FAULTS = (
    "20 identical posts at once",
    "redis FLUSHALL",
    "one of two beats kill -9",
    "api kill -9",
    "drop after recording",
    "HTML 502 after recording",
    "code -1 before recording",
    "duplicate without data",
    "answer sent twice",
    "another document after recording",
    "shift over 24 h",
    "mail server loses its answers",
    "mail server away",
)
SHORT = {"LEASE_SECONDS": "5", "WEBKASSA_READ_TIMEOUT": "2", "WEBKASSA_CONNECT_TIMEOUT": "1"}


@pytest.mark.deadline(900)
def test_nothing_is_lost_doubled_or_wrong(tmp_path: Path) -> None:
    # Ended by their number: the minutes are more than any machine needs for them. A register that rests takes no fault, so
    # each waits until the one before is over.
    options = Options(seed=7, due=60, scope="shift", faults=",".join(FAULTS), minutes=12, patience=25, environment=SHORT)

    result = Run(options, tmp_path).run()

    assert result.verdict.is_clean, result.format()
    assert len(result.injections) == len(FAULTS), result.format()
