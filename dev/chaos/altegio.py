"""Altegio beside the chaos, where receipts are written back: it knows what has happened by the time a webhook leaves.

Webhooks overtake each other; what happened does not.
"""

import threading
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from dev.harness.altegio import AltegioControl
from dev.harness.tables import Tables
from dev.simulator.altegio.bodies import Envelope, stamp
from dev.simulator.altegio.stories.script import Event

_SALES = """
    SELECT company_id, record_id, external_check_number, fiscal_number, returned FROM receipts
     WHERE kind = 'sale' AND state = 'issued' AND record_id IS NOT NULL
"""
_OPEN = "SELECT 'visit ' || record_id || ': ' || coalesce(error_text, 'not written') FROM visit_marks WHERE state = 'open'"
_TOLD = "SELECT text FROM alerts WHERE kind = 'not_written_back'"
_Name = tuple[str, int, str]


class History:
    """`reach` makes everything true that happened up to a delivery. Safe to share between threads."""

    def __init__(self, altegio: AltegioControl, events: Sequence[Event], deliveries: Sequence[Envelope]) -> None:
        self._altegio, self._lock, self._reached = altegio, threading.Lock(), 0
        told = {_name(event.envelope): (event.at, event.truth) for event in events}
        for one in deliveries:
            if _name(one) not in told:
                at, truth = told[_before(one)]
                told[_name(one)] = at + timedelta(seconds=1), _tell_anew(truth, one)
        order = sorted(told, key=lambda name: told[name][0])
        self._truths = [told[name][1] for name in order]
        self._places = {name: place for place, name in enumerate(order, start=1)}

    def reach(self, delivery: Envelope) -> None:
        with self._lock:
            place = self._places[_name(delivery)]
            if place > self._reached:
                self._altegio.apply(*self._truths[self._reached : place])
                self._reached = place


def _name(envelope: Envelope) -> _Name:
    return envelope["resource"], envelope["resource_id"], f"{envelope['data'].get('last_change_date')} {envelope['status']}"


def _before(anew: Envelope) -> _Name:
    moment = datetime.fromisoformat(anew["data"]["last_change_date"]) - timedelta(seconds=1)
    return _name({**anew, "data": {**anew["data"], "last_change_date": stamp(moment)}})


def _tell_anew(truth: Envelope, anew: Envelope) -> Envelope:
    return {**truth, "data": {**truth["data"], "last_change_date": anew["data"]["last_change_date"]}}


def list_unwritten(tables: Tables) -> list[str]:
    """Visits that are still to name their receipts."""
    return [line for (line,) in tables.ask(_OPEN)]


def find_unnamed(tables: Tables, altegio: AltegioControl, companies: Sequence[int]) -> list[str]:
    """Receipts in force that their visit does not name once, and returned ones that it names."""
    rows: dict[tuple[int, int], dict[str, Any]] = {
        (company, row["id"]): row for company in companies for row in altegio.list_rows("record", company)
    }
    found = []
    for company_id, record_id, number, fiscal_number, returned in tables.ask(_SALES):
        record = rows.get((company_id, record_id), {})
        times = str(record.get("comment") or "").count(f"№ {fiscal_number}")
        if not record.get("deleted") and times != int(not returned):
            found.append(f"{number}: named {times} times")
    return found


def list_told(tables: Tables) -> list[str]:
    return [line for (line,) in tables.ask(_TOLD)]
