"""The short form of `make fuzz`: mutated bodies over sockets, answers and stored rows judged one by one."""

import pytest

from dev.fuzz.run import Fuzz
from tests.support.stack import Stack

CASES = 1500
SEED = 20260302


@pytest.mark.deadline(300)
def test_mutated_bodies_break_nothing_and_their_neighbours_are_stored(service: Stack) -> None:
    """Without the worker: it would take up the neighbours, which are looked for as they were stored."""
    service.kill("worker")
    api = service.children["api"]
    before = api.pid
    report = Fuzz(service, seed=SEED, cases=CASES).run()
    assert report.failures == []
    assert report.cases >= CASES
    assert set(report.statuses) >= {200, 400, 401, 422}
    assert report.valid > CASES // 20
    assert (api.running, api.pid) == (True, before)
    assert "Traceback" not in api.log.read_text("utf-8", "replace")
