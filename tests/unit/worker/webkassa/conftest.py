from datetime import UTC, datetime

import pytest

from shared.clock import clock

# Answers of these tests are of this day or of the months before.
TODAY = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _today(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "ahead", TODAY - datetime.now(UTC))
