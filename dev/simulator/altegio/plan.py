"""Turns a day into deliveries: paced, repeated, reordered or lost, as networks and retries do. Pure."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from dev.simulator.altegio.bodies import Envelope
from dev.simulator.altegio.stories import Event

DELIVERY_DELAY = timedelta(seconds=5)
REPEATS_AFTER = (0.0, 1.5, 900.0)


@dataclass(frozen=True)
class Delivery:
    # Seconds of salon time since the first delivery of the day.
    after: float
    story: str
    envelope: Envelope
    repeated: bool = False


@dataclass
class Plan:
    deliveries: list[Delivery] = field(default_factory=list)
    dropped: list[Envelope] = field(default_factory=list)


def plan_deliveries(
    events: Sequence[Event],
    *,
    seed: int = 1,
    duplicates: float = 0.0,
    shuffle: bool = False,
    drop: float = 0.0,
    window: float = 0.0,
    repeats_after: Sequence[float] = REPEATS_AFTER,
) -> Plan:
    """`duplicates` and `drop` are shares of the events; `shuffle` mixes the whole day.

    `window`: so many seconds, at most, is a delivery late on its own account; neighbours overtake each other.
    """
    # A random source of its own: switching a fault on must not change the day itself.
    rng, plan = random.Random(f"plan:{seed}"), Plan()
    timed: list[tuple[float, Event, bool]] = []
    for event in events:
        if not event.is_told:
            continue
        if rng.random() < drop:
            plan.dropped.append(event.envelope)
            continue
        after = (event.at - events[0].at).total_seconds()
        timed.append((after + (rng.uniform(0, window) if window else 0), event, False))
        if rng.random() < duplicates:
            timed.append((after + rng.choice(repeats_after), event, True))
    timed.sort(key=lambda entry: entry[0])
    order = rng.sample(timed, len(timed)) if shuffle else timed
    plan.deliveries = [
        Delivery(slot, event.story, event.envelope, repeated)
        for (slot, _, _), (_, event, repeated) in zip(timed, order, strict=True)
    ]
    return plan
