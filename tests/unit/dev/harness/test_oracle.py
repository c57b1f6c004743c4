"""The judge of the week finds every kind of difference, and nothing where there is none."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from dev.harness.oracle import Evidence, Verdict, judge
from dev.harness.posting import find_number
from dev.salon_week.lines import Counts, count_lines
from dev.simulator.altegio.books import Books, DueReceipt
from dev.simulator.altegio.week import Week, generate_week

CASHBOXES = {307001: "SWK00000002", 307002: "SWK00000003", 307003: "SWK00000004"}
TYPES = {"cash": 0, "card": 1, "mobile": 4}

Ledger = list[dict[str, Any]]


@cache
def live_week() -> Week:
    """Two days of it. Not while tests are collected, which every process does."""
    return generate_week(3, days=2, visits=28, vats=("auto", "none", "12"))


def build_row(receipt: DueReceipt) -> dict[str, Any]:
    """As a faithful bridge would have had it recorded."""
    return {
        "external_check_number": receipt.external_check_number,
        "check_number": f"fiscal {receipt.external_check_number}",
        "cashbox": CASHBOXES[receipt.company_id],
        "operation_type": 2,
        "total": str(receipt.total),
        "tax": str(receipt.tax),
        "change": "0.00",
        "payments": [{"type": TYPES[kind], "sum": str(amount)} for kind, amount in receipt.kinds.items()],
        "positions": [{"name": line.title, "count": str(line.quantity), "sum": str(line.total)} for line in receipt.lines],
        "request": {"Positions": [{"PositionName": line.title, "GTIN": line.barcode} for line in receipt.lines]},
    }


def build_flags(week: Week | None = None) -> dict[str, set[str]]:
    flags = {"person": "return_due"}
    return {
        one.external_check_number: {flags.get(one.turn, one.turn)}
        for one in (week or live_week()).books.receipts
        if one.turn
    }


def build_said(week: Week | None = None) -> dict[str, str]:
    week = week or live_week()
    told = [*week.books.receipts, *(one for one in week.books.not_due if one.asked_at)]
    return {one.external_check_number: f"it is about {' and '.join(map(str, one.told))} ₸" for one in told}


@pytest.fixture
def ledger() -> Ledger:
    return [build_row(receipt) for receipt in live_week().books.receipts]


@pytest.fixture
def flags() -> dict[str, set[str]]:
    return build_flags()


def find(story: str, books: Books | None = None) -> DueReceipt:
    return next(receipt for receipt in (books or live_week().books).receipts if receipt.story == story)


def find_row(ledger: Ledger, story: str) -> dict[str, Any]:
    number = find(story).external_check_number
    return next(row for row in ledger if row["external_check_number"] == number)


def collect(ledger: Ledger, flags: dict[str, set[str]]) -> Evidence:
    issued = {row["external_check_number"]: row["check_number"] for row in ledger}
    return Evidence(live_week().books, ledger, CASHBOXES, issued, flags, build_said())


def give_verdict(ledger: Ledger, flags: dict[str, set[str]]) -> Verdict:
    return judge(collect(ledger, flags))


def count(ledger: Ledger, flags: dict[str, set[str]], dropped: Any = ()) -> dict[str, Counts]:
    evidence = collect(ledger, flags)
    return count_lines(evidence, judge(evidence), list(dropped))


def test_a_faithful_bridge_is_clean(ledger: Ledger, flags: dict[str, set[str]]) -> None:
    verdict = give_verdict(ledger, flags)

    assert verdict.findings == []
    assert verdict.is_clean
    lines = count(ledger, flags)
    assert sum(line["due"] for line in lines.values()) == sum(one.is_certain for one in live_week().books.receipts)
    assert sum(line["issued"] for line in lines.values()) == len(ledger)
    idle = {place.split()[1] for place, line in lines.items() if not line["due"]}
    assert idle >= {"no_show", "cancelled", "unpaid", "free", "partly"}


def test_money_that_went_back_at_once_may_have_a_receipt_or_none(ledger: Ledger, flags: dict[str, set[str]]) -> None:
    row = find_row(ledger, "refunded")
    ledger.remove(row)
    del flags[row["external_check_number"]]

    assert give_verdict(ledger, flags).is_clean


def set_total(row: dict[str, Any]) -> None:
    row["total"] = str(Decimal(row["total"]) + 1)


def swap_kind(row: dict[str, Any]) -> None:
    row["payments"][0]["type"] = 4 if row["payments"][0]["type"] == 1 else 1


def merge_lines(row: dict[str, Any]) -> None:
    first, second, *others = row["positions"]
    both = {**first, "sum": str(Decimal(first["sum"]) + Decimal(second["sum"]))}
    row["positions"] = [both, *others]


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        pytest.param(set_total, "total", id="total"),
        pytest.param(swap_kind, "kinds", id="kind"),
        pytest.param(merge_lines, "lines", id="lines"),
        pytest.param(lambda row: row.update(tax="0.01"), "tax", id="tax"),
        pytest.param(lambda row: row.update(cashbox="SWK00000001"), "cashbox", id="cashbox"),
        pytest.param(lambda row: row.update(operation_type=3), "kind of document", id="a return instead"),
        pytest.param(lambda row: row["positions"][0].update(name="Услуга"), "lines", id="title"),
        pytest.param(lambda row: row["request"]["Positions"][0].update(GTIN="4870001000028"), "barcodes", id="barcode"),
    ],
)
def test_what_a_receipt_says_wrong_is_named(
    ledger: Ledger, flags: dict[str, set[str]], spoil: Callable[[dict[str, Any]], None], word: str
) -> None:
    spoil(find_row(ledger, "several"))

    [finding] = give_verdict(ledger, flags).findings

    assert (finding.column, finding.number) == ("wrong", find("several").external_check_number)
    assert finding.what.startswith(word)
    assert count(ledger, flags)[f"{find('several').company_id} several"]["wrong"] == 1


def test_change_given_back_is_no_payment(ledger: Ledger, flags: dict[str, set[str]]) -> None:
    row = next(row for row in ledger if row["payments"][0]["type"] == 0)
    row["payments"][0]["sum"] = str(Decimal(row["payments"][0]["sum"]) + 500)
    row["change"] = "500.00"

    assert give_verdict(ledger, flags).is_clean


def test_missing_doubled_and_strange_receipts_are_counted(ledger: Ledger, flags: dict[str, set[str]]) -> None:
    ledger.remove(find_row(ledger, "plain"))
    ledger.append(dict(find_row(ledger, "split")))
    unpaid = next(entry for entry in live_week().books.not_due if entry.story == "unpaid")
    ledger.append({**ledger[0], "external_check_number": unpaid.external_check_number})
    ledger.append({**ledger[0], "external_check_number": "altegio_1"})

    lines = count(ledger, flags)

    assert len(give_verdict(ledger, flags).findings) == 4
    assert lines[f"{find('plain').company_id} plain"]["missing"] == 1
    assert lines[f"{find('split').company_id} split"]["doubled"] == 1
    assert lines[f"{unpaid.company_id} unpaid"]["extra"] == 1
    assert lines["0 of nobody"]["extra"] == 1


@pytest.mark.parametrize(
    ("story", "flagged", "is_amiss"),
    [
        ("refunded_later", {"return_due"}, False),
        ("refunded_later", {"difference"}, True),
        ("refunded_later", set(), True),
        ("counter_undone_later", set(), True),
        ("till_changed", {"difference"}, False),
        ("till_changed", {"return_due"}, False),
        ("price_changed", set(), True),
        ("rebooked", set(), False),
        ("rebooked", {"return_due"}, True),
        ("plain", {"difference"}, True),
    ],
)
def test_a_manager_has_to_be_told_what_happened(
    ledger: Ledger, flags: dict[str, set[str]], story: str, flagged: set[str], is_amiss: bool
) -> None:
    receipt = find(story)
    flags[receipt.external_check_number] = flagged

    assert give_verdict(ledger, flags).count("amiss") == is_amiss
    assert count(ledger, flags)[f"{receipt.company_id} {story}"]["amiss"] == is_amiss


def test_lost_webhooks_are_recovered_when_their_receipt_is_right(ledger: Ledger, flags: dict[str, set[str]]) -> None:
    good, bad = find("several"), find("plain")
    numbers = {good.external_check_number, bad.external_check_number}
    dropped = [envelope for envelope in live_week().envelopes if find_number(envelope) in numbers]
    fees = [envelope for envelope in live_week().envelopes if find_number(envelope) is None]
    ledger.remove(find_row(ledger, "plain"))

    lines = count(ledger, flags, dropped + fees)

    recovered, lost = (lines[f"{one.company_id} {one.story}"] for one in (good, bad))
    assert recovered["dropped"] == recovered["recovered"] > 0
    assert (lost["dropped"] > 0, lost["recovered"]) == (True, 0)
    assert sum(line["dropped"] for line in lines.values()) == len(dropped)


def test_ledger_and_tables_have_to_name_the_same_receipts(ledger: Ledger, flags: dict[str, set[str]]) -> None:
    first, second = ledger[0], ledger[1]
    evidence = collect(ledger, flags)
    issued = {**evidence.issued, first["external_check_number"]: "invented"}
    del issued[second["external_check_number"]]

    findings = judge(replace(evidence, issued=issued)).findings

    assert {(one.column, one.number) for one in findings} == {
        ("untrue", first["external_check_number"]),
        ("untrue", second["external_check_number"]),
    }
    assert "invented is no document of this number" in [one.what for one in findings]


def test_the_fiscal_number_of_another_sale_is_untrue_even_where_nothing_is_due(
    ledger: Ledger, flags: dict[str, set[str]]
) -> None:
    evidence = collect(ledger, flags)
    ours = ledger[0]["external_check_number"]
    issued = {**evidence.issued, f"{ours}_r1": evidence.issued[ours]}

    [finding] = judge(replace(evidence, issued=issued)).findings

    assert (finding.column, finding.number) == ("untrue", f"{ours}_r1")


def test_without_order_the_kinds_of_payment_are_not_judged_but_their_sum_is(
    ledger: Ledger, flags: dict[str, set[str]]
) -> None:
    row = find_row(ledger, "several")
    swap_kind(row)
    evidence = replace(collect(ledger, flags), in_order=False)

    assert judge(evidence).is_clean
    row["payments"][0]["sum"] = str(Decimal(row["payments"][0]["sum"]) + 1)
    assert judge(evidence).count("wrong") == 1


def test_what_a_suite_noted_is_a_column_of_its_own(ledger: Ledger, flags: dict[str, set[str]]) -> None:
    verdict = judge(replace(collect(ledger, flags), noted={"unsettled": ["delivery 7 processing"], "died": []}))

    assert not verdict.is_clean
    assert verdict.format().splitlines() == [
        "missing 0  doubled 0  extra 0  wrong 0  untrue 0  amiss 0  kept_returned 0  given_back_kept 0  unsettled 1  died 0",
        "  unsettled: delivery 7 processing",
        "NOT CLEAN",
    ]


def give_back(row: dict[str, Any]) -> dict[str, Any]:
    number = f"{row['external_check_number']}_r1"
    return {**row, "external_check_number": number, "operation_type": 3, "check_number": f"fiscal {number}"}


@pytest.mark.parametrize("story", ["plain", "deleted_and_kept", "desk_touched", "unpaid_service", "rebooked"])
def test_money_that_was_kept_is_not_returned(ledger: Ledger, flags: dict[str, set[str]], story: str) -> None:
    ledger.append(give_back(find_row(ledger, story)))

    [finding] = give_verdict(ledger, flags).findings

    assert (finding.column, finding.number) == ("kept_returned", find(story).external_check_number)


@pytest.mark.parametrize(
    ("story", "is_flagged", "is_returned", "is_kept"),
    [
        ("refunded_later", True, False, True),
        ("refunded_later", False, True, False),
        ("refund_expense", True, False, False),
        ("refund_expense", True, True, False),
        ("refund_expense", False, False, True),
    ],
)
def test_money_that_was_given_back_keeps_no_receipt(
    ledger: Ledger, flags: dict[str, set[str]], story: str, is_flagged: bool, is_returned: bool, is_kept: bool
) -> None:
    """Where the service returns by itself; what was deleted has to be returned then."""
    for number in {one.external_check_number for one in live_week().books.receipts if one.money == "gone"} - {
        find(story).external_check_number
    }:
        ledger.append(give_back(next(row for row in ledger if row["external_check_number"] == number)))
    if is_returned:
        ledger.append(give_back(find_row(ledger, story)))
    if not is_flagged:
        del flags[find(story).external_check_number]

    findings = judge(replace(collect(ledger, flags), returns_alone=True)).findings

    assert [one.number for one in findings if one.column == "given_back_kept"] == [
        find(story).external_check_number
    ] * is_kept


def test_a_person_is_told_the_sums(ledger: Ledger, flags: dict[str, set[str]]) -> None:
    evidence = collect(ledger, flags)
    repriced = find("desk_repriced").external_check_number
    asked = next(one.external_check_number for one in live_week().books.not_due if one.asked_at)
    said = {**evidence.said, repriced: "difference: it costs 1 ₸ more", asked: ""}

    findings = judge(replace(evidence, said=said)).findings

    assert {(one.column, one.number) for one in findings} == {("amiss", repriced), ("amiss", asked)}
