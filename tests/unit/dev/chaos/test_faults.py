"""The lists of faults, and what is posted besides the day."""

import random
from collections import Counter
from datetime import datetime, timedelta

from dev.chaos.poster import disturb, find_due
from dev.chaos.run import FAULTS, LANES, choose_faults
from dev.chaos.world import WAYS
from dev.simulator.altegio.day import generate_day


def test_each_fault_has_a_name_of_its_own() -> None:
    assert [name for name, times in Counter(fault.name for fault in FAULTS).items() if times > 1] == []


def test_every_way_is_hurt() -> None:
    for way in WAYS:
        assert len(choose_faults(LANES["network"], way)) >= 5


def test_paid_visits_are_told_anew_soon_after() -> None:
    day = generate_day(3, visits=200)
    posted = disturb(day.envelopes, random.Random(3))
    stamps: dict[int, list[datetime]] = {}
    for envelope in posted:
        if envelope["resource"] == "record":
            changed = datetime.fromisoformat(envelope["data"]["last_change_date"])
            stamps.setdefault(envelope["resource_id"], []).append(changed)
    second = timedelta(seconds=1)
    told_anew = [times for times in stamps.values() if any(one + second in times for one in times)]
    paid = [one for one in day.envelopes if one["resource"] == "record" and find_due(one)]
    assert 0.15 * len(paid) < len(told_anew) < 0.45 * len(paid)
