"""The lines of one batch of webhooks leave together, when the loop has answered them."""

import asyncio

import pytest

from api.webhook.store import log_lines as module
from api.webhook.store.log_lines import Journal
from tests.support.apart import run_apart


def test_what_is_noted_together_is_written_together(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[str, list[object]]] = []
    monkeypatch.setattr(module, "write_lines", lambda name, events: written.append((name, list(events))))

    async def note() -> None:
        journal = Journal("unit")
        journal.note("webhook", record_id=1)
        journal.note("webhook", record_id=2)
        assert written == []
        await asyncio.sleep(0)
        journal.note("webhook", record_id=3)
        await asyncio.sleep(0)

    run_apart(note())
    assert written == [
        ("unit", [{"record_id": 1, "event": "webhook"}, {"record_id": 2, "event": "webhook"}]),
        ("unit", [{"record_id": 3, "event": "webhook"}]),
    ]
