"""Whether a lease is known to last, without asking the database."""

import time
from uuid import uuid4

import pytest
from sqlalchemy.orm import sessionmaker

from worker.cashbox.claim import CashboxClaim

LEASE = 60


def test_it_does_for_three_quarters_of_a_lease_that_nobody_extends(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    claim = CashboxClaim(sessionmaker(), 1, uuid4(), LEASE)
    assert claim.is_fresh()
    now += LEASE * 0.7
    assert claim.is_fresh()
    now += LEASE * 0.1
    assert not claim.is_fresh()
