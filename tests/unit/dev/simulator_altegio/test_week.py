"""The generated week: repeatable, its books agree with what its REST would say, and evenings only turn what is receipted."""

import json
from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from dev.simulator.altegio.books import DueReceipt
from dev.simulator.altegio.rest.state import LOYALTY, MONEY, RECORD, State
from dev.simulator.altegio.salon import compute_tax
from dev.simulator.altegio.stories.evenings import EVENINGS
from dev.simulator.altegio.stories.loyalty import STAYS
from dev.simulator.altegio.stories.turns import OF_LEDGER, VISIT_TURNS
from dev.simulator.altegio.stories.without_visit import COUNTER_TURNS
from dev.simulator.altegio.week import COUNTER_DECK, WEEK_DECK, Week, find_act, generate_week
from tests.support.effort import IS_THOROUGH

SEEDS = (1, 2, 3) if IS_THOROUGH else (1,)
REGIMES = ("auto", "none", "12")
pytestmark = pytest.mark.thorough


@pytest.fixture(scope="module", params=SEEDS)
def week(request: pytest.FixtureRequest) -> Week:
    return generate_week(request.param, vats=REGIMES)


def money(value: object) -> Decimal:
    return Decimal(str(value)).quantize(Decimal("0.01"))


def live_through(events: list[Any]) -> State:
    state = State()
    for event in events:
        state.apply(event.truth)
    return state


def find_kinds(state: State, week: Week, receipt: DueReceipt) -> dict[str, Decimal]:
    """Merged kinds of the payments that are in force, on accounts that a register counts."""
    kinds = {till.id: till.kind for salon in week.salons for till in salon.tills.all}
    name = "record_id" if receipt.source == "record" else "document_id"
    rows = state.list_all(MONEY, receipt.company_id, **{name: receipt.source_id})
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        is_of_counter = receipt.source == "record" or not row.body["record_id"]
        is_counted = row.body["account"]["id"] in kinds and not is_apart(row.body)
        if not row.is_deleted and row.body["amount"] > 0 and is_of_counter and is_counted:
            found[kinds[row.body["account"]["id"]]] += money(row.body["amount"])
    return dict(found)


def is_apart(body: dict[str, Any]) -> bool:
    """Tips and other income of a visit."""
    return bool(body["record_id"]) and body["sold_item_type"] is None


def is_of_other_money(receipt: DueReceipt, week: Week) -> bool:
    """Paid at our desk, from a deposit, in parts with a receipt each, or by a payment that names another record or none."""
    [choices] = [salon.choices for salon in week.salons if salon.company_id == receipt.company_id]
    is_from_deposit = choices.deposits == "at_spending" and receipt.story.startswith("deposit_")
    is_in_parts = choices.part_payments == "each" and receipt.story in ("prepaid", "partly", "deleted_half_paid")
    return was_taken_at_desk(receipt) or is_from_deposit or is_in_parts or receipt.story.startswith("joint")


def was_taken_at_desk(receipt: DueReceipt) -> bool:
    return receipt.story.startswith("desk_")


def of_stories(week: Week, turns: Any) -> list[DueReceipt]:
    return [receipt for receipt in week.books.receipts if receipt.story in turns]


def test_same_arguments_give_the_same_bytes() -> None:
    first, second = (generate_week(5, days=2, visits=30, first_day=date(2026, 5, 4)) for _ in range(2))

    assert json.dumps([event.truth for event in first.events]) == json.dumps([event.truth for event in second.events])
    assert json.dumps(first.envelopes) == json.dumps(second.envelopes)
    assert first.books == second.books
    assert json.dumps(first.envelopes) != json.dumps(generate_week(6, days=2, visits=30).envelopes)


def test_every_salon_lives_through_every_situation(week: Week) -> None:
    told = defaultdict(set)
    for event in week.events:
        told[event.truth["company_id"]].add(event.story)

    assert set(told) == {salon.company_id for salon in week.salons}
    every = {*WEEK_DECK, *COUNTER_DECK, "deposit", "cash_moved"}
    assert all({name.removesuffix(STAYS) for name in stories} == every for stories in told.values())


def test_books_add_up_to_the_tiyn_in_every_regime(week: Week) -> None:
    regimes, found = {salon.company_id: salon.vat for salon in week.salons}, set[tuple[int, int]]()
    for receipt in week.books.receipts:
        assert receipt.total == sum(line.total for line in receipt.lines) == sum(receipt.kinds.values()) > 0
        standard = {"auto": 16, "none": 0, "12": 12}[regimes[receipt.company_id]]
        rates = [find_rate(receipt, line.title, standard) for line in receipt.lines]
        assert receipt.tax == sum(contain_tax(line.total, rate) for line, rate in zip(receipt.lines, rates, strict=True))
        found |= {(receipt.company_id, rate) for rate in rates}
    assert any(receipt.total % 1 for receipt in week.books.receipts)
    assert found == {(307001, 16), (307001, 5), (307001, 0), (307002, 0), (307003, 12), (307003, 5), (307003, 10)}


def find_rate(receipt: DueReceipt, title: str, standard: int) -> int:
    """Licensed medical services 5 % in 2026, periodicals 10 %; money before the service is no turnover."""
    if not standard or title == "Предоплата":
        return 0
    if title in ("Ботулинотерапия, 1 зона", "Медицинский пилинг"):
        return 5
    return 10 if title == "Журнал о моде" and receipt.company_id == 307003 else standard


def contain_tax(total: Decimal, rate: int) -> Decimal:
    return (total * rate / (100 + rate)).quantize(Decimal("0.01"), "ROUND_HALF_UP")


def test_vat_follows_the_day_of_the_sale() -> None:
    total = Decimal(11_200)

    assert compute_tax(total, "auto", date(2025, 12, 31)) == Decimal("1200.00")
    assert compute_tax(total, "auto", date(2026, 1, 1)) == Decimal("1544.83")
    assert compute_tax(total, "none", date(2026, 1, 1)) == 0
    assert compute_tax(total, "16", date(2026, 12, 31), "medical") == Decimal("533.33")
    assert compute_tax(total, "16", date(2027, 1, 1), "medical") == Decimal("1018.18")
    assert compute_tax(total, "auto", date(2026, 1, 1), "periodicals") == Decimal("1018.18")


def test_before_the_evening_the_money_says_what_the_books_say(week: Week) -> None:
    payments = [event for event in week.events if event.truth["resource"] == MONEY]
    certain = [receipt for receipt in week.books.receipts if receipt.is_certain and not is_of_other_money(receipt, week)]
    for act in {find_act(receipt.due_at) for receipt in certain}:
        state = live_through([event for event in payments if find_act(event.at) <= act])
        for receipt in certain:
            if find_act(receipt.due_at) == act:
                assert find_kinds(state, week, receipt) == receipt.kinds, receipt


def test_at_the_end_only_turned_receipts_differ_from_the_money(week: Week) -> None:
    state = live_through(week.events)
    for receipt in week.books.receipts:
        kinds = find_kinds(state, week, receipt)
        if was_taken_at_desk(receipt):
            assert kinds == {}, receipt
        elif is_of_other_money(receipt, week):
            continue
        elif receipt.money == "gone":
            assert (receipt.turn, kinds) == ("return_due", {}), receipt
        elif receipt.story in VISIT_TURNS and receipt.money == "kept" and receipt.turn:
            assert kinds not in ({}, receipt.kinds), receipt
        elif receipt.money == "kept":
            assert kinds == receipt.kinds, receipt


def test_whoever_has_to_look_is_told_sums(week: Week) -> None:
    """Where the receipt, or the money without one, is not what the visit says now."""
    for receipt in of_stories(week, EVENINGS):
        assert receipt.turn is None or receipt.told or receipt.story in ("payment_moved", "desk_deleted"), receipt
    asked = [entry for entry in week.books.not_due if entry.asked_at]
    assert all(entry.told for entry in asked if entry.story != "joint_open")
    assert {one.record_id for one in week.desk} == {one.source_id for one in week.books.receipts if was_taken_at_desk(one)}


def test_due_records_cost_in_the_end_of_the_day_what_is_due(week: Week) -> None:
    certain = [receipt for receipt in week.books.receipts if receipt.source == "record" and receipt.is_certain]
    for receipt in certain:
        if is_of_other_money(receipt, week) or receipt.story.endswith((STAYS, "_part")):
            continue
        bodies = [
            event.truth["data"]
            for event in week.events
            if event.truth["resource"] == RECORD
            and event.truth["resource_id"] == receipt.source_id
            and find_act(event.at) <= find_act(receipt.due_at)
        ]
        services = [money(line["cost_to_pay"]) for line in bodies[-1]["services"]]
        goods = [money(line["cost"]) for line in bodies[-1]["goods_transactions"]]
        assert bodies[-1]["paid_full"] == 1
        assert sorted(amount for amount in services + goods if amount) == sorted(line.total for line in receipt.lines)


def test_evenings_turn_receipts_of_the_day(week: Week) -> None:
    turned = of_stories(week, {**VISIT_TURNS, **COUNTER_TURNS})

    assert {receipt.turn for receipt in turned} == {"return_due", "difference", None}
    for receipt in turned:
        assert receipt.turn == {**VISIT_TURNS, **COUNTER_TURNS}[receipt.story]
        if receipt.turned_at:
            assert find_act(receipt.due_at) == (receipt.due_at.date(), False)
            assert find_act(receipt.turned_at) == (receipt.due_at.date(), True)


def test_acts_are_days_and_evenings_in_turn(week: Week) -> None:
    acts = [find_act(event.at) for event in week.events]

    assert acts == sorted(acts)
    assert len(set(acts)) == 7 * 2 + 1  # the first day's visits that were booked the day before


def test_a_certificate_leaves_the_money_on_the_receipt(week: Week) -> None:
    loyalty = [event for event in week.events if event.truth["resource"] == LOYALTY]
    spent = [event.truth["data"] for event in loyalty if event.truth["data"].get("type_id") == 8]
    covered = {body["record_id"]: money(body["amount"]) for body in spent if body["status_id"] == 1}
    state = live_through(week.events)

    assert loyalty
    assert not any(event.is_told for event in loyalty)
    for receipt in of_stories(week, {"certificate", "certificate_stays"}):
        record = state.find(RECORD, receipt.company_id, receipt.source_id)
        assert record is not None
        cost = sum(money(line["cost"]) for line in record.body["services"])
        assert receipt.total == cost - covered[receipt.source_id]
    whole = {entry.source_id for entry in week.books.not_due if entry.story.startswith("certificate_whole")}
    assert whole < set(covered)


def test_what_is_left_to_pay_falls_or_stays(week: Week) -> None:
    """Whether it does is not known, so a week plays both, or one of them."""
    for how, stories in (("falls", {""}), ("stays", {STAYS}), ("both", {"", STAYS})):
        other = generate_week(1, vats=REGIMES, cost_to_pay=how)  # type: ignore[arg-type]
        owners = [*other.books.receipts, *other.books.not_due]
        told = {one.story for one in owners if one.story.removesuffix(STAYS) in OF_LEDGER}
        assert {STAYS if name.endswith(STAYS) else "" for name in told} == stories
        for receipt in (one for one in other.books.receipts if one.story.removesuffix(STAYS) == "membership"):
            record = live_through(other.events).find(RECORD, receipt.company_id, receipt.source_id)
            assert record is not None
            left = sum(money(line["cost_to_pay"]) for line in record.body["services"])
            assert (left == receipt.total) is not receipt.story.endswith(STAYS)


def test_a_visit_in_two_records_has_two_documents_and_two_receipts(week: Week) -> None:
    bodies = {
        event.truth["resource_id"]: event.truth["data"]
        for event in week.events
        if event.story == "two_records" and event.truth["resource"] == RECORD
    }
    visits = defaultdict(list)
    for body in bodies.values():
        visits[body["visit_id"]].append(body)

    due = {receipt.source_id for receipt in of_stories(week, {"two_records"})}
    assert due == set(bodies)
    for pair in visits.values():
        assert len(pair) == 2
        assert len({body["documents"][0]["id"] for body in pair}) == 2


def test_top_ups_have_documents_and_fees_belong_to_nothing(week: Week) -> None:
    loose = [
        event.truth["data"]
        for event in week.events
        if event.truth["resource"] == MONEY and event.truth["data"]["sold_item_type"] is None
    ]
    assert all(body["record_id"] == 0 for body in loose if "Пополнение" in body["expense"]["title"])
    assert all(bool(body["document_id"]) is ("Пополнение" in body["expense"]["title"]) for body in loose)


def test_certificates_are_sold_as_goods_and_some_goods_have_barcodes(week: Week) -> None:
    sold = [event.truth["data"] for event in week.events if event.story in ("counter_certificate", "counter_membership")]
    ids = [(body["loyalty_certificate_id"], body["loyalty_abonement_id"]) for body in sold if "good" in body]
    paid_for = {body["sold_item_type"] for body in sold if body.get("sold_item_type")}
    lines = [line for receipt in week.books.receipts for line in receipt.lines]

    assert ids
    assert all(bool(certificate) != bool(membership) for certificate, membership in ids)
    assert paid_for == {"loyalty_certificate", "loyalty_abonement"}
    assert len({line.barcode for line in lines if line.barcode}) == 3
