"""Faults on the way change the deliveries, never the day."""

from collections import Counter

from dev.simulator.altegio.day import generate_day
from dev.simulator.altegio.plan import Plan, plan_deliveries

EVENTS = generate_day(1).events


def ids(plan: Plan) -> list[int]:
    return [id(delivery.envelope) for delivery in plan.deliveries]


def test_without_faults_everything_goes_out_once_in_order() -> None:
    plan = plan_deliveries(EVENTS)

    assert ids(plan) == [id(event.envelope) for event in EVENTS]
    assert plan.deliveries[0].after == 0
    assert plan.dropped == []


def test_duplicates_repeat_a_share_unchanged() -> None:
    plan = plan_deliveries(EVENTS, duplicates=0.3)

    repeated = sum(delivery.repeated for delivery in plan.deliveries)
    assert len(plan.deliveries) == len(EVENTS) + repeated
    assert 0.15 * len(EVENTS) < repeated < 0.45 * len(EVENTS)
    assert set(Counter(ids(plan)).values()) == {1, 2}


def test_shuffle_keeps_every_event_and_the_pace() -> None:
    ordered, shuffled = plan_deliveries(EVENTS), plan_deliveries(EVENTS, shuffle=True)

    assert Counter(ids(shuffled)) == Counter(ids(ordered))
    assert ids(shuffled) != ids(ordered)
    assert [one.after for one in shuffled.deliveries] == [one.after for one in ordered.deliveries]


def test_dropped_events_are_named() -> None:
    plan = plan_deliveries(EVENTS, drop=0.2)

    assert 0 < len(plan.dropped) < len(EVENTS)
    assert len(plan.dropped) + len(plan.deliveries) == len(EVENTS)


def test_same_seed_gives_the_same_faults() -> None:
    first, second = (plan_deliveries(EVENTS, seed=3, duplicates=0.2, shuffle=True, drop=0.1) for _ in range(2))

    assert first == second
