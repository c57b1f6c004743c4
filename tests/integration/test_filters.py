"""Filters of the command line against a real database: whatever is typed, it is a value and never a piece of a question."""

from typing import Any

import pytest

from tests.support.bridge import Bridge
from tests.support.payloads import visit
from worker.entry.cli.receipt_queries import BadFilter, Filters, find_ids, list_deliveries

HOSTILE = ["' OR '1'='1", "x'; DROP TABLE receipts; --", "%", "_", "\\", "$$", '"', "a\nb", "{}", "%(x)s"]


def ask(bridge: Bridge, **filters: Any) -> list[int]:
    with bridge.services.sessions() as session:
        read = Filters.read(limit=10, **filters)
        listed = [row["id"] for row in list_deliveries(session, read)]
        assert find_ids(session, read) == (listed if filters.get("state") else [])
    return listed


@pytest.mark.parametrize("typed", HOSTILE)
def test_free_words_find_nothing_and_break_nothing(bridge: Bridge, typed: str) -> None:
    bridge.deliver(visit(1))
    assert ask(bridge, code=typed) == ask(bridge, cashbox=typed) == ask(bridge, code=typed, cashbox=typed) == []
    assert ask(bridge) == [1]


@pytest.mark.parametrize("typed", HOSTILE)
@pytest.mark.parametrize("name", ["state", "since", "until"])
def test_what_has_to_be_of_a_kind_is_refused_before_the_database_sees_it(bridge: Bridge, name: str, typed: str) -> None:
    with pytest.raises(BadFilter, match=f"--{name}"):
        ask(bridge, **{name: typed})
