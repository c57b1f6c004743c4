"""Every row of the law's table is a story of the week, and its books want what the row wants. The rows are the law's."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

import pytest

from dev.simulator.altegio.books import DueReceipt, NotDue
from dev.simulator.altegio.stories.evenings import EVENINGS
from dev.simulator.altegio.stories.loyalty import STAYS
from dev.simulator.altegio.week import Week, generate_week

# What each situation wants, and its stories. The wants: `receipt`, `nothing`, `person` (asked before any receipt), `return`,
# `difference` (or a return, where the row leaves both open), `item` (open, of a movement of money), `may` (ask). A story
# wants several where salons have chosen differently, or where it begins with a top-up.
ROWS: Mapping[str, Mapping[str, str]] = {
    "deposit topped up": {"deposit": "receipt item"},
    "visit paid from a deposit": {
        "deposit_spent": "receipt item nothing person",
        "deposit_part": "receipt item",
    },
    "certificate / membership sold": {"counter_certificate": "receipt", "counter_membership": "receipt"},
    "visit paid by certificate / membership": {
        "certificate": "receipt",
        "certificate_whole": "nothing",
        "membership": "receipt",
        "membership_whole": "nothing",
        "certificate_cancelled": "receipt",
    },
    "bonus spent; bonus accrued beside it": {"bonus": "receipt", "bonus_untyped": "receipt", "accrued": "receipt"},
    "ledger read and empty, visit paid in full": {"paid_without_money": "person"},
    "staff takes goods on wages": {"counter_wages": "may"},
    "tips": {
        **dict.fromkeys(("tips", "tips_till", "tips_later"), "receipt"),
        **dict.fromkeys(("income", "income_later"), "receipt"),
    },
    "part paid now": {"partly": "nothing receipt", "prepaid": "receipt"},
    "refund booked as an expense": {
        "refund_expense": "return",
        "refund_in_parts": "return",
        "counter_refund_later": "return",
        "desk_refund": "return",
    },
    "payment deleted, lowered, moved": {
        "refunded_later": "return",
        "counter_paid_back_later": "return",
        "payment_lowered": "difference",
        "payment_moved": "difference receipt",
    },
    "paid at our desk, Altegio still says unpaid": {
        "desk_touched": "receipt",
        "desk_deleted": "return",
        "desk_repriced": "difference",
    },
    "wrong kind noticed next day": {"desk_wrong_kind": "receipt"},
    "service added after the receipt": {"unpaid_service": "difference", "service_added": "difference"},
    "deleted visit whose payments stay": {"deleted_and_kept": "difference", "deleted_half_paid": "person difference may"},
    "one payment over several records": {
        "joint": "receipt",
        "joint_visit_alone": "receipt",
        "joint_short": "receipt",
        "joint_open": "person",
    },
    "sold without a visit": {"counter_service": "receipt person", "counter_sale": "receipt"},
    "money known, visit has no lines": {"emptied": "person"},
    "account that needs no receipt / has one elsewhere": {
        **dict.fromkeys(("bank", "terminal", "counter_bank"), "nothing"),
        **dict.fromkeys(("bank_part", "terminal_part"), "receipt"),
    },
    "cash taken to the bank, change put in": {"cash_moved": ""},
    "partial return of marked goods": {"marked_return": "return"},
    "goods taken out of a paid visit, money back": {"goods_taken_out": "return", "goods_taken_out_expense": "return"},
    "two VAT rates": {"plain": "receipt"},
}
STORIES = {story: wants for row in ROWS.values() for story, wants in row.items()}


@pytest.fixture(scope="module")
def week() -> Week:
    return generate_week(4, vats=("auto", "none", "16"))


def list_owners(week: Week) -> list[DueReceipt | NotDue]:
    return [*week.books.receipts, *week.books.not_due]


def find_want(one: DueReceipt | NotDue) -> str:
    if isinstance(one, NotDue):
        return "person" if one.asked_at else "may" if one.may_ask else "nothing"
    if one.turn is None:
        return "receipt"
    return "return" if one.turn == "return_due" else "difference"


def test_every_row_has_its_stories_and_they_want_what_it_wants(week: Week) -> None:
    wants = defaultdict(set)
    for one in list_owners(week):
        wants[one.story.removesuffix(STAYS)].add(find_want(one))
    for item in week.books.open_items:
        wants[item.story.removesuffix(STAYS)].add("item")
    played = {event.story.removesuffix(STAYS) for event in week.events}

    assert STORIES.keys() <= played
    assert {story: wants[story] for story in STORIES} == {story: set(wanted.split()) for story, wanted in STORIES.items()}


def test_each_salon_says_of_its_deposits_what_it_has_chosen(week: Week) -> None:
    chosen = {salon.company_id: salon.choices.deposits for salon in week.salons}
    receipts = {one.company_id for one in week.books.receipts if one.source == "deposit"}
    items = {one.company_id for one in week.books.open_items}
    spent = [one for one in list_owners(week) if one.story.startswith("deposit_spent")]

    assert {chosen[company] for company in receipts} == {"at_top_up"}
    assert {chosen[company] for company in items} == {"by_hand"}
    assert {(chosen[one.company_id], find_want(one)) for one in spent if one.source == "record"} == {
        ("at_top_up", "nothing"),
        ("at_spending", "receipt"),
        ("by_hand", "person"),
    }


def test_money_before_the_service_is_no_turnover(week: Week) -> None:
    advances = [one for one in week.books.receipts if one.source == "deposit"]

    assert advances
    assert all((one.tax, one.lines[0].title) == (Decimal(0), "Предоплата") for one in advances)


def test_each_part_has_its_receipt_where_the_salon_wants_it() -> None:
    """One that is paid on the day of the service has the rate of that day."""
    each = generate_week(4, companies=2, vats=("none", "16"))
    parts = [one for one in each.books.receipts if one.source == "part"]
    rest = {one.source_id: one for one in each.books.receipts if one.story == "prepaid" and one.source == "record"}

    assert {one.story for one in parts} == {"partly", "prepaid", "deleted_half_paid"}
    assert {one.company_id for one in parts} == {each.salons[1].company_id}
    assert all(one.lines[0].title.startswith("Предоплата: ") for one in parts)
    taxed = [one for one in parts if one.tax]
    assert all(one.tax == (one.total * 16 / 116).quantize(Decimal("0.01")) for one in taxed)
    assert any(one.story == "partly" for one in taxed)
    assert rest


def test_what_goods_were_taken_out_is_proposed_as_a_return(week: Week) -> None:
    taken_out = [one for one in week.books.receipts if one.story.startswith("goods_taken_out")]

    assert {one.story for one in taken_out} == {name for name, evening in EVENINGS.items() if evening.takes_out}
    for receipt in taken_out:
        assert receipt.told == (sum(line.total for line in receipt.proposed),)
        assert set(receipt.proposed) < set(receipt.lines)
