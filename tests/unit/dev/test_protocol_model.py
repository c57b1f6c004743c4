"""The protocol that issues a receipt, in every order of events: never two, always one; and each guard has a story."""

import pytest

from dev.model.__main__ import find_need
from dev.model.explore import explore
from dev.model.protocol import GUARDS, Protocol


@pytest.mark.parametrize("scope", ["cashbox", "shift"])
def test_no_order_of_events_makes_two_receipts_or_none(scope: str) -> None:
    finding = explore(Protocol(scope))
    assert (finding.fault, finding.story) == (None, ())
    assert finding.states > 30_000


@pytest.mark.parametrize("guard", GUARDS)
def test_without_a_guard_there_is_a_story_that_ends_badly(guard: str) -> None:
    _, finding = find_need(guard)
    assert finding.fault == ("no receipt can come any more" if guard == "lease ends" else "two receipts of one sale")
    assert "claims the cashbox" in finding.story[0]


def test_a_story_is_told_step_by_step() -> None:
    """The sleeper: announced, its lease over, and its call leaves all the same, into the next shift."""
    finding = explore(Protocol("shift", "leash"))
    assert finding.story[:4] == (
        "worker 1 claims the cashbox",
        "worker 1 takes the receipt",
        "the lease of worker 1 ends",
        "worker 1 sends the receipt",
    )
    assert finding.story[-2:] == ("somebody closes the shift elsewhere", "the register makes a document")
