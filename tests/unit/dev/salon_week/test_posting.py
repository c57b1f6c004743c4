"""The week is lived in order: a change before its webhook, a day before its evening, nothing twice and nothing forgotten."""

from collections import Counter
from functools import cache

from dev.salon_week.posting import (
    DELIVERY_DELAY,
    REPEATED,
    WINDOW,
    Act,
    Plan,
    ask_for_lost_ids,
    plan_week,
    split_acts,
)
from dev.simulator.altegio.week import Week, generate_week


@cache
def live_week() -> Week:
    """Not while tests are collected, which every process does."""
    return generate_week(2, days=3, visits=20)


@cache
def read_plan() -> Plan:
    return plan_week(live_week(), 2, drop=0.05)


@cache
def list_acts() -> list[Act]:
    return split_acts(live_week(), read_plan())


def test_every_change_and_every_delivery_comes_once_and_in_order() -> None:
    truths = [id(truth) for act in list_acts() for step in act.steps for truth in step.truths]
    deliveries = [step.delivery for act in list_acts() for step in act.steps if step.delivery is not None]

    assert truths == [id(event.truth) for event in live_week().events]
    assert deliveries == [envelope for _, envelope in read_plan().deliveries]
    assert 0 < len(read_plan().dropped) < len(deliveries)


def test_a_webhook_leaves_after_its_change_was_told() -> None:
    truth_of = {id(event.envelope): id(event.truth) for event in live_week().events}
    told: set[int] = set()
    for act in list_acts():
        for step in act.steps:
            told |= {id(truth) for truth in step.truths}
            assert step.delivery is None or truth_of[id(step.delivery)] in told


def test_acts_are_in_order_and_hold_their_own_changes_only() -> None:
    moments = {id(event.truth): live_week().find_act(event.at) for event in live_week().events}

    assert [act.key for act in list_acts()] == sorted({act.key for act in list_acts()})
    for act in list_acts():
        assert {moments[id(truth)] for step in act.steps for truth in step.truths} <= {act.key}


def test_some_webhooks_are_repeated_after_closing() -> None:
    acts = {id(event.envelope): live_week().find_act(event.at) for event in live_week().events}
    places = Counter(
        act.key == acts[id(step.delivery)] for act in list_acts() for step in act.steps if step.delivery is not None
    )

    assert places[True] > places[False] > 0


def test_a_share_is_lost_a_share_is_repeated_and_nobody_hears_of_a_silent_change() -> None:
    told = [id(event.envelope) for event in live_week().events if event.is_told]
    posted = Counter(id(envelope) for _, envelope in read_plan().deliveries)
    dropped = {id(envelope) for envelope in read_plan().dropped}

    assert posted.keys() | dropped == set(told)
    assert not posted.keys() & dropped
    assert 0.03 < len(dropped) / len(told) < 0.07
    assert REPEATED / 2 < sum(count == 2 for count in posted.values()) / len(posted) < REPEATED * 2
    assert max(posted.values()) == 2


def test_each_webhook_is_late_on_its_own_account() -> None:
    happened = {id(event.envelope): event.at + DELIVERY_DELAY for event in live_week().events}
    once = Counter(id(envelope) for _, envelope in read_plan().deliveries)
    late = [(at - happened[id(one)]).total_seconds() for at, one in read_plan().deliveries if once[id(one)] == 1]

    assert 0 <= min(late) <= max(late) <= WINDOW
    assert [at for at, _ in read_plan().deliveries] == sorted(at for at, _ in read_plan().deliveries)
    assert [id(one) for _, one in read_plan().deliveries] != sorted(
        (id(one) for _, one in read_plan().deliveries), key=happened.get
    )


def test_the_same_seed_loses_and_repeats_the_same() -> None:
    assert plan_week(live_week(), 2, drop=0.05) == read_plan()
    assert plan_week(live_week(), 3, drop=0.05) != read_plan()


def test_goods_whose_ids_were_lost_are_for_a_person_where_ids_decide_the_rate() -> None:
    week = generate_week(2, vats=("auto", "none", "16"), days=2)
    sold = {one.source_id: one for one in week.books.receipts if one.source == "goods"}
    ask_for_lost_ids(week, plan_week(week, 2, drop=1))
    kept = {one.source_id for one in week.books.receipts if one.source == "goods"}
    asked = {one.source_id for one in week.books.not_due if one.source == "goods" and "rates" in one.why}

    by_ids = {salon.company_id for salon in week.salons if salon.goes_by_ids("good")}
    of_goods = {number for number, one in sold.items() if any(line.kind == "good" for line in one.lines)}
    assert asked == {number for number in of_goods if sold[number].company_id in by_ids} != set()
    assert kept == sold.keys() - asked
