"""The generated day: repeatable, true to Altegio's shapes, and its books agree with its webhooks."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dev.simulator.altegio.day import DECK, Day, generate_day

SEEDS = (1, 2, 3, 77)
ENVELOPE_KEYS = ["company_id", "resource", "resource_id", "status", "data"]


@pytest.fixture(scope="module", params=SEEDS)
def day(request: pytest.FixtureRequest) -> Day:
    return generate_day(request.param, visits=60)


def of_resource(day: Day, resource: str, status: str | None = None) -> Iterator[dict[str, Any]]:
    for envelope in day.envelopes:
        if envelope["resource"] == resource and status in (None, envelope["status"]):
            yield envelope["data"]


def money(value: object) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def is_paid(body: dict[str, Any]) -> bool:
    return body["paid_full"] in (1, True, "1")


def test_same_arguments_give_the_same_bytes() -> None:
    first, second = (generate_day(5, visits=30, day=date(2026, 5, 4)) for _ in range(2))

    assert json.dumps(first.envelopes) == json.dumps(second.envelopes)
    assert first.books == second.books


def test_other_seed_or_date_gives_other_record_ids() -> None:
    days = [generate_day(1), generate_day(2), generate_day(1, day=date(2026, 3, 3))]

    ids = [body["id"] for day in days for body in of_resource(day, "record", "create")]
    assert len(set(ids)) == len(ids)


def test_every_envelope_is_json_with_the_five_keys(day: Day) -> None:
    for envelope in day.envelopes:
        assert list(envelope) == ENVELOPE_KEYS
        assert envelope["resource_id"] == envelope["data"]["id"]
        assert json.loads(json.dumps(envelope, allow_nan=False)) == envelope


def test_events_come_in_the_order_they_happen(day: Day) -> None:
    moments = [event.at for event in day.events]

    assert moments == sorted(moments)


def test_one_deck_shows_every_situation() -> None:
    told = {event.story for event in generate_day(9, visits=len(DECK)).events}

    assert set(DECK) <= told
    assert "counter_sale" in told


def test_salons_share_the_visits() -> None:
    day = generate_day(1, visits=20, companies=(307626, 410010))

    assert {envelope["company_id"] for envelope in day.envelopes} == {307626, 410010}
    assert {receipt.company_id for receipt in day.books.receipts} == {307626, 410010}


def test_every_record_is_either_due_or_explained(day: Day) -> None:
    records = {body["id"] for body in of_resource(day, "record", "create")}
    due = [receipt.source_id for receipt in day.books.receipts if receipt.source == "record"]
    not_due = [entry.source_id for entry in day.books.not_due]

    assert sorted(due + not_due) == sorted(records)


def test_numbers_of_receipts_are_unique_and_short(day: Day) -> None:
    numbers = [receipt.external_check_number for receipt in day.books.receipts]

    assert len(set(numbers)) == len(numbers)
    assert all(len(number) <= 50 for number in numbers)


def test_books_add_up(day: Day) -> None:
    for receipt in day.books.receipts:
        assert receipt.total == sum(line.total for line in receipt.lines)
        assert receipt.total == sum(receipt.kinds.values())
        assert receipt.total > 0
    assert day.books.total == sum(receipt.total for receipt in day.books.receipts)


def test_due_records_are_those_reported_paid_with_the_same_sum(day: Day) -> None:
    paid = {body["id"]: body for body in of_resource(day, "record", "update") if is_paid(body)}

    for receipt in (one for one in day.books.receipts if one.source == "record"):
        body = paid.pop(receipt.source_id)
        lines = [*body["services"], *body["goods_transactions"]]
        assert sum(money(line["cost"]) for line in lines) == receipt.total
    assert all(money(line["cost"]) == 0 for body in paid.values() for line in body["services"])


def test_payments_of_a_record_equal_its_receipt(day: Day) -> None:
    paid: dict[int, Decimal] = defaultdict(Decimal)
    for body in of_resource(day, "finances_operation", "create"):
        paid[body["record_id"]] += money(body["amount"])
    fees_and_counter = paid.pop(0)

    due = {one.source_id: one.total for one in day.books.receipts if one.source == "record"}
    assert paid == due
    assert fees_and_counter != 0


def test_goods_inside_a_visit_are_reported_twice_and_due_once(day: Day) -> None:
    inside = [body for body in of_resource(day, "goods_operations_sale") if body["record_id"]]
    goods_documents = {one.source_id for one in day.books.receipts if one.source == "goods"}

    assert inside
    for body in inside:
        receipt = day.books.find_receipt(f"altegio_{body['record_id']}")
        assert receipt is not None
        assert any(line.kind == "good" and line.title == body["good"]["title"] for line in receipt.lines)
        assert body["document_id"] not in goods_documents


def test_counter_sale_adds_up_by_document(day: Day) -> None:
    sold: dict[int, Decimal] = defaultdict(Decimal)
    for body in of_resource(day, "goods_operations_sale", "create"):
        if not body["record_id"]:
            sold[body["document_id"]] += money(body["cost"])

    assert sold == {one.source_id: one.total for one in day.books.receipts if one.source == "goods"}


def test_fees_are_negative_and_tied_to_nothing(day: Day) -> None:
    fees = [body for body in of_resource(day, "finances_operation") if body["expense"]["id"] == 12]

    assert fees
    assert all(body["amount"] < 0 and body["record_id"] == 0 and body["client"] == [] for body in fees)


def test_refunded_receipts_have_their_payments_deleted(day: Day) -> None:
    deleted = {body["document_id"] for body in of_resource(day, "finances_operation", "delete")}

    assert len(deleted) == sum(receipt.turn == "return_due" for receipt in day.books.receipts) > 0


def test_price_raised_by_hand_is_above_the_list() -> None:
    raised = [event.envelope["data"] for event in generate_day(4).events if event.story == "raised"]

    services = [body["services"][0] for body in raised if "services" in body]
    assert services
    assert all(money(service["cost"]) > money(service["first_cost"]) for service in services)


def test_php_habits_turn_up() -> None:
    seen = Counter[str]()
    for body in of_resource(generate_day(1, visits=200), "record"):
        seen[f"client {type(body['client']).__name__}"] += 1
        seen[f"fields {type(body['custom_fields']).__name__}"] += 1
        seen[f"paid {type(body['paid_full']).__name__}"] += 1
        seen[f"cost {type(body['services'][0]['cost']).__name__}"] += 1
        seen[f"prepaid {type(body['prepaid']).__name__}"] += 1

    wanted = (
        "client list",
        "client NoneType",
        "fields dict",
        "fields list",
        "paid str",
        "paid bool",
        "cost str",
    )
    assert all(seen[name] for name in (*wanted, "cost float", "cost int", "prepaid str"))


def test_single_line_counter_sales_on_request() -> None:
    day = generate_day(1, visits=120, goods_lines=1)

    assert all(len(receipt.lines) == 1 for receipt in day.books.receipts if receipt.source == "goods")
