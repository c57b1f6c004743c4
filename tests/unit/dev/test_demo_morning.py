"""The morning of the demo: of today at any hour, and with something of everything that a desk meets."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from dev.demo.first_day.morning import GUESTS, describe_morning, describe_sample_payment, spread
from dev.demo.visit import RECORD_ID, build_visit
from shared.altegio import Envelope, parse_entity

ALMATY = ZoneInfo("Asia/Almaty")
NOON = datetime(2026, 11, 28, 12, 0, tzinfo=ALMATY)


@pytest.mark.parametrize("hour", [0, 1, 9, 12, 18, 23])
@pytest.mark.parametrize("minutes", [guest.minutes for guest in GUESTS])
def test_every_visit_is_of_today(hour: int, minutes: int) -> None:
    now = NOON.replace(hour=hour, minute=17)
    at = spread(now, minutes)
    assert at.date() == now.date()
    if hour in (9, 12, 18):
        assert at == now + timedelta(minutes=minutes)


def test_some_are_to_be_paid_some_have_paid_and_one_is_to_come() -> None:
    visits = [body["data"] for body in describe_morning(NOON) if body["resource"] == "record"]
    unpaid = [visit for visit in visits if not visit["paid_full"]]
    assert (len(visits), len(unpaid)) == (8, 4)
    assert [visit["attendance"] for visit in unpaid] == [1, 1, 1, 0]
    assert max(visit["date"] for visit in visits) == "2026-11-28 14:00:00"


def test_money_is_told_before_its_visit_and_once_is_not_what_it_costs() -> None:
    told = describe_morning(NOON)
    paid = {body["data"]["record_id"]: body["data"]["amount"] for body in told if body["resource"] == "finances_operation"}
    costs = {
        body["resource_id"]: sum(line["cost"] for line in body["data"]["services"])
        for body in told
        if body["resource"] == "record" and body["data"]["paid_full"]
    }
    assert list(paid) == list(costs)
    assert sum(amount != costs[record_id] for record_id, amount in paid.items()) == 1


def test_bodies_are_of_altegios_shape_and_each_day_has_its_own_numbers() -> None:
    days = [describe_morning(NOON + timedelta(days=days)) for days in range(3)]
    for body in (body for day in days for body in day):
        envelope = Envelope.model_validate(body)
        assert parse_entity(envelope.resource, envelope.data)
    numbers = [body["resource_id"] for day in days for body in day]
    assert len(set(numbers)) == len(numbers)


def test_the_sample_visit_is_paid_what_it_costs() -> None:
    visit, paid = build_visit(RECORD_ID, "Стрижка детская", 4000)["data"], describe_sample_payment(NOON)["data"]
    assert (paid["record_id"], paid["amount"]) == (visit["id"], visit["services"][0]["cost"])
