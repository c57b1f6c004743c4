"""What a decision says to the letter, with a receipt and without one: pages show it, and what waits is woken by its code."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from shared.altegio import GoodsOperation
from shared.fiscal.ledger import Cost, KnownMoney, Movement, SaleLedger, Spending, keep_ledger
from shared.fiscal.statuses import AccountUse, NoMoney, PaymentKind, PaymentPurpose
from tests.unit.material import make_record
from worker.decide.rules import (
    KnownFacts,
    LiveReceipt,
    decide_record,
    find_reason_to_ignore_goods,
    may_turn_with_payments,
)
from worker.decide.settlement.decisions import (
    AlreadyReceipted,
    AskPerson,
    AwaitPayment,
    Decision,
    Ignore,
    IssueParts,
    IssueReceipt,
    ReturnDue,
)
from worker.receipt.lines import CannotBuild
from worker.salon.policy import Policy

CASH, CARD = PaymentKind.CASH, PaymentKind.CARD
LIVE = LiveReceipt(Decimal(4000), is_issued=True, may_be_changed=False, paid={CARD: Decimal(4000)})
UNPAID = {"paid_full": 0}
PER_PAYMENT, MANUAL = Policy(part_payments="per_payment"), Policy(fiscalize_when="manual")
BROKEN = CannotBuild("no_price", "services.0 has no cost")


def paid(amount: int, use: AccountUse = AccountUse.CARD, **fields: Any) -> Movement:
    return Movement(Decimal(amount), use, **fields)


def keep(cost: int | None = 4000, *movements: Movement, deposit: int = 0, **known: Any) -> SaleLedger:
    spent = (Spending(Decimal(deposit), NoMoney.DEPOSIT),) if deposit else ()
    money = KnownMoney(movements, spent, **{"was_told": bool(movements), **known})
    return keep_ledger(money, None if cost is None else Cost(Decimal(cost), Decimal(cost)))


def decide(
    ledger: SaleLedger,
    live: LiveReceipt | None = None,
    fields: dict[str, Any] | None = None,
    *,
    status: str = "update",
    policy: Policy = Policy(),  # noqa: B008 - frozen
    **known: Any,
) -> Decision:
    return decide_record(make_record(**(fields or {})), status, ledger, live, policy, KnownFacts(**known))


class TestWithoutReceipt:
    def test_a_deleted_visit(self) -> None:
        kept = decide(keep(4000, paid(4000)), status="delete")
        assert kept == AskPerson("paid_but_deleted", "the record was deleted, payments of 4000.00 ₸ are in force")
        assert decide(keep(), status="delete") == Ignore("the record was deleted")

    def test_what_the_salon_does_not_want(self) -> None:
        assert decide(keep(), policy=Policy(comment_marker="фч")) == Ignore("the comment has no marker 'фч'")
        assert decide(keep(), policy=MANUAL) == AwaitPayment("receipts are issued from the payment page only")

    def test_broken_lines_matter_before_the_rest_is_paid_where_a_part_has_its_receipt(self) -> None:
        ledger = keep(None, paid(1000, operation_id=5))
        assert decide(ledger, fields=UNPAID, policy=PER_PAYMENT, problem=BROKEN) == AskPerson(
            "no_price", "services.0 has no cost"
        )
        assert isinstance(decide(ledger, fields=UNPAID, problem=BROKEN), AwaitPayment)
        assert isinstance(decide(keep(None), fields=UNPAID, policy=PER_PAYMENT, problem=BROKEN), AwaitPayment)

    def test_a_visit_without_lines(self) -> None:
        nothing: dict[str, Any] = {"services": [], "goods_transactions": []}
        assert decide(keep(0), fields=nothing) == Ignore("nothing was sold")
        assert decide(keep(0, paid(500)), fields=nothing) == AskPerson(
            "money_without_lines", "500.00 ₸ were paid, the visit has no lines"
        )

    def test_money_given_back_before_there_was_a_receipt(self) -> None:
        refund = paid(4000, purpose=PaymentPurpose.REFUND)
        assert decide(keep(4000, paid(4000), refund)) == AwaitPayment("what was paid was given back")
        part = decide(keep(4000, paid(4000), replace(refund, amount=Decimal(500))))
        assert part == AskPerson("sum_mismatch", "4000.00 ₸ were paid, 500.00 ₸ of it given back")
        silent = decide(keep(4000, refund, was_told=False))
        assert silent == IssueReceipt({CARD: Decimal("4000.00")}, is_assumed=True)

    def test_a_visit_due_as_it_stands_that_is_paid_in_part(self) -> None:
        """Where a receipt is due always, a part has its own receipt, or the visit waits: never the default kind."""
        ledger = keep(4000, paid(1000, operation_id=5))
        waiting = "not paid in full yet: 1000.00 ₸ of 4000.00 ₸"
        parts = decide(ledger, fields=UNPAID, policy=Policy(fiscalize_when="always", part_payments="per_payment"))
        assert parts == IssueParts((paid(1000, operation_id=5),), waiting)
        assert decide(ledger, fields=UNPAID, policy=Policy(fiscalize_when="always")) == AwaitPayment(waiting)
        silent = {"id": 1, "services": [{"cost": 4000}], "paid_full": None}
        assert decide(keep(4000, paid(4000)), fields=silent, policy=Policy(fiscalize_when="always")) == IssueReceipt(
            {CARD: Decimal(4000)}
        )

    def test_a_deposit_is_of_the_kind_of_its_top_ups(self) -> None:
        policy = Policy(deposits="at_spending")
        assert decide(keep(4000, deposit=4000), policy=policy, deposit_kind=CASH) == IssueReceipt({CASH: Decimal(4000)})

    def test_free_goods_beside_free_services(self) -> None:
        free = {"services": [{"cost": 0}], "goods_transactions": [{"cost": 0, "amount": -1}]}
        assert decide(keep(0), fields=free) == Ignore("everything was free")
        goods = {"services": [], "goods_transactions": [{"cost": 900, "cost_to_pay": 0, "amount": -1}]}
        assert decide(keep(0, is_read=True), fields=goods) == AskPerson(
            "no_money", "nothing is left to pay, and Altegio knows of no money"
        )


class TestWithReceipt:
    def test_the_same_sum(self) -> None:
        assert decide(keep(4000, paid(4000)), LIVE) == AlreadyReceipted("the receipt of this visit is issued")
        on_its_way = replace(LIVE, is_issued=False)
        assert decide(keep(4000, paid(4000)), on_its_way) == AlreadyReceipted("the receipt is on its way")
        assert isinstance(decide(keep(), LIVE, was_paid=True), AlreadyReceipted)

    def test_money_that_went(self) -> None:
        gone = decide(keep(4000, was_told=True), LIVE)
        assert gone == ReturnDue("the payment was taken back in Altegio", is_paid_back=True)
        less = decide(keep(4000, paid(3000)), LIVE)
        words = "1000.00 ₸ less than was paid: the receipt says card 4000.00 ₸, Altegio now says card 3000.00 ₸"
        assert less == ReturnDue(words, is_paid_back=False)
        assert isinstance(decide(keep(4000, paid(3000)), replace(LIVE, returned=Decimal(1000))), AlreadyReceipted)

    def test_money_that_came(self) -> None:
        words = "5000.00 ₸ were paid, the receipt says 4000.00 ₸: 1000.00 ₸ have no receipt"
        assert decide(keep(5000, paid(5000)), LIVE) == AskPerson("difference", words)

    def test_another_kind_of_the_same_sum_is_for_the_books(self) -> None:
        assert isinstance(decide(keep(4000, paid(4000, AccountUse.CASH)), LIVE), AlreadyReceipted)

    def test_another_price(self) -> None:
        told = decide(keep(5000, paid(4000)), LIVE)
        assert told == AskPerson("difference", "paid 4000.00 ₸, the visit now costs 5000.00 ₸")
        untold = decide(keep(5000), LIVE)
        assert untold == AskPerson("difference", "the receipt says 4000 ₸, the visit now costs 5000.00 ₸")
        broken = decide(keep(4000), LIVE, problem=BROKEN)
        assert broken == AskPerson("difference", "the receipt says 4000 ₸, the visit now costs : services.0 has no cost")

    @pytest.mark.parametrize(("cost", "is_right"), [(3000, True), (4000, True), (5000, False), (1000, False)])
    def test_after_a_return_of_a_part_the_visit_may_say_what_is_left(self, cost: int, is_right: bool) -> None:
        decision = decide(keep(cost), replace(LIVE, returned=Decimal(1000)))
        assert isinstance(decision, AlreadyReceipted) is is_right

    @pytest.mark.parametrize(("receipted", "is_right"), [(3000, True), (4000, True), (2000, False)])
    def test_a_receipt_may_show_what_a_deposit_paid(self, receipted: int, is_right: bool) -> None:
        live = LiveReceipt(Decimal(receipted), is_issued=True, may_be_changed=False)
        assert isinstance(decide(keep(4000, deposit=1000), live), AlreadyReceipted) is is_right

    def test_not_paid_any_more(self) -> None:
        """The payments say more than the mark; what was taken at the desk is no payment of Altegio's."""
        ledger = keep(4000, paid(4000))
        explained = AlreadyReceipted("not marked as paid, but payments of 4000.00 ₸ are in force")
        assert decide(ledger, LIVE, UNPAID, was_paid=True) == explained
        withdrawn = ReturnDue("the record is no longer paid in full")
        assert decide(ledger, LIVE, UNPAID, was_paid=True, paid_at_desk=True) == withdrawn
        assert decide(keep(), LIVE, UNPAID, was_paid=True) == withdrawn
        assert isinstance(decide(keep(), LIVE, UNPAID), AlreadyReceipted)


@pytest.mark.parametrize(
    ("changes", "policy", "reason"),
    [
        ({"type_id": 2}, Policy(), "not a sale of goods"),
        ({"record_id": 64}, Policy(), "sold inside visit 64, whose receipt shows it"),
        ({"document_id": 0}, Policy(), "no sale document"),
        ({}, MANUAL, "receipts are issued from the payment page only"),
        ({}, Policy(comment_marker="фч"), "the comment has no marker 'фч'"),
        ({}, Policy(), None),
    ],
)
def test_why_goods_have_no_receipt_of_their_own(changes: dict[str, Any], policy: Policy, reason: str | None) -> None:
    fields = {"id": 5, "document_id": 77, "type_id": 1, "record_id": 0, "amount": -1, "cost": 900, **changes}
    assert find_reason_to_ignore_goods(GoodsOperation.model_validate(fields), policy) == reason


@pytest.mark.parametrize(
    "decision",
    [
        IssueParts((paid(1000, operation_id=5),), "not paid in full yet"),
        AskPerson("part_payment", "for several records"),
        AskPerson("paid_but_deleted", "the record was deleted"),
        AskPerson("money_without_lines", "the visit has no lines"),
    ],
)
def test_a_payment_on_its_way_may_change_it(decision: Decision) -> None:
    assert may_turn_with_payments(decision) is True
