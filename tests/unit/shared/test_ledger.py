"""The ledger of a sale, a row for each thing that may be known of its money."""

from decimal import Decimal
from typing import Any

import pytest

from shared.fiscal.ledger import Cost, KnownMoney, Movement, SaleLedger, Spending, keep_ledger
from shared.fiscal.statuses import AccountUse, NoMoney, PaymentKind, PaymentPurpose

CASH, CARD, BANK, ELSEWHERE, TILL = (
    AccountUse.CASH,
    AccountUse.CARD,
    AccountUse.NONE,
    AccountUse.ELSEWHERE,
    AccountUse.DEPOSIT,
)
BONUS, CERTIFICATE, DEPOSIT, UNCLEAR = NoMoney.BONUS, NoMoney.CERTIFICATE, NoMoney.DEPOSIT, NoMoney.UNCLEAR


def pay(amount: int, use: AccountUse | None = CASH, **fields: Any) -> Movement:
    return Movement(Decimal(amount), use, **fields)


def tip(amount: int) -> Movement:
    return pay(amount, purpose=PaymentPurpose.TIP)


def refund(amount: int, use: AccountUse | None = CASH) -> Movement:
    return pay(amount, use, purpose=PaymentPurpose.REFUND)


def keep(
    cost: int | tuple[int, int],
    *movements: Movement,
    spent: dict[NoMoney, int] | None = None,
    receipted: tuple[int, ...] = (),
) -> SaleLedger:
    """`cost`: what it costs, or what is left to pay and what it cost."""
    asked, full = cost if isinstance(cost, tuple) else (cost, cost)
    spendings = tuple(Spending(Decimal(amount), means) for means, amount in (spent or {}).items())
    says = [Decimal(amount) for amount in receipted]
    return keep_ledger(KnownMoney(movements, spendings), Cost(Decimal(asked), Decimal(full)), receipted=says)


class TestWhatPaid:
    def test_by_kind(self) -> None:
        ledger = keep(9500, pay(2000), pay(1000), pay(6000, CARD), pay(500, None))
        assert ledger.paid == {PaymentKind.CASH: 3000, PaymentKind.CARD: 6000, None: 500}
        assert (ledger.open, ledger.surplus, ledger.receipt_total) == (0, 0, 9500)

    def test_what_is_no_money_and_what_needs_no_receipt(self) -> None:
        ledger = keep(9500, pay(1000), pay(2000, BANK), pay(3000, ELSEWHERE), spent={BONUS: 500, CERTIFICATE: 3000})
        assert ledger.no_money == {BONUS: 500, CERTIFICATE: 3000}
        assert ledger.outside == {BANK: 2000, ELSEWHERE: 3000}
        assert (ledger.total_paid, ledger.receipt_total, ledger.open) == (1000, 1000, 0)

    def test_a_till_of_deposits_is_the_clients_deposit(self) -> None:
        ledger = keep(9500, pay(4500), pay(5000, TILL), spent={})
        assert (ledger.deposit, ledger.total_paid, ledger.open) == (5000, 4500, 0)

    def test_what_is_unclear_pays_nothing(self) -> None:
        ledger = keep(9500, pay(5000), spent={UNCLEAR: 4500})
        assert (ledger.unclear, ledger.open, ledger.no_money) == (4500, 4500, {})

    def test_tips_stand_apart(self) -> None:
        ledger = keep(9500, pay(9500), tip(500))
        assert (ledger.tips, ledger.surplus, ledger.total_paid) == (500, 0, 9500)


class TestWhatWentBack:
    def test_from_a_register_it_is_given_back(self) -> None:
        ledger = keep(9500, pay(9500), refund(1500))
        assert (ledger.given_back, ledger.in_force, ledger.total_paid) == (1500, 8000, 9500)

    def test_from_where_no_receipt_counts_it_that_part_is_smaller(self) -> None:
        ledger = keep(9500, pay(4500), pay(5000, BANK), refund(2000, BANK))
        assert (ledger.given_back, ledger.outside, ledger.open) == (0, {BANK: 3000}, 2000)

    def test_more_than_ever_came_there_is_given_back(self) -> None:
        ledger = keep(9500, pay(9000), pay(500, BANK), refund(2000, BANK))
        assert (ledger.given_back, ledger.outside) == (1500, {})


class TestTwoWordsOnTheCost:
    @pytest.mark.parametrize("asked", [9500, 4500])
    def test_a_certificate_lowers_what_is_left_to_pay_or_does_not(self, asked: int) -> None:
        ledger = keep((asked, 9500), pay(4500), spent={CERTIFICATE: 5000})
        assert (ledger.open, ledger.surplus, ledger.receipt_total) == (0, 0, 4500)

    @pytest.mark.parametrize("asked", [9500, 4500])
    def test_nor_does_it_matter_while_something_is_open(self, asked: int) -> None:
        ledger = keep((asked, 9500), pay(1500), spent={CERTIFICATE: 5000})
        assert (ledger.open, ledger.receipt_total) == (3000, 4500)

    def test_nothing_is_left_once_it_is_paid(self) -> None:
        assert keep((0, 9500), pay(9500)).receipt_total == 9500
        assert keep((0, 9500), pay(4500), spent={CERTIFICATE: 5000}).open == 0
        assert keep((0, 9500), spent={CERTIFICATE: 9500}).open == 0

    def test_nothing_is_left_and_the_rest_is_not_known(self) -> None:
        assert keep((0, 9500), pay(4500)).open == 5000
        assert keep((0, 9500), spent={CERTIFICATE: 5000}).open == 4500

    def test_lowered_and_nobody_tells_by_what(self) -> None:
        ledger = keep((4500, 9500), pay(4500))
        assert (ledger.cost, ledger.open) == (4500, 0)

    def test_a_discount_that_the_other_word_does_not_know(self) -> None:
        assert keep((9000, 10000), pay(6000), spent={BONUS: 3000}).receipt_total == 6000
        assert keep((6000, 10000), pay(6000), spent={BONUS: 3000}).receipt_total == 6000

    def test_the_receipt_says_which_is_meant(self) -> None:
        assert keep((0, 4000), receipted=(4000,)).receipt_total == 4000
        assert keep((4500, 9500), receipted=(4500, 4500)).receipt_total == 4500
        assert keep((5000, 5000), pay(9500), receipted=(9500, 5000)).receipt_total == 5000
        assert keep((11500, 11500), pay(9500), receipted=(9500, 9500)).receipt_total == 11500


class TestIncomeThatNothingExplains:
    @pytest.mark.parametrize("asked", [9500, 4500])
    def test_it_is_set_aside_where_the_rest_fits(self, asked: int) -> None:
        ledger = keep((asked, 9500), pay(4500), pay(300, is_assigned=False), spent={CERTIFICATE: 5000})
        assert (ledger.unassigned, ledger.loose, ledger.surplus, ledger.paid) == (300, 0, 0, {PaymentKind.CASH: 4500})

    def test_it_pays_where_it_is_needed(self) -> None:
        ledger = keep(9500, pay(9000), pay(500, CARD, is_assigned=False))
        assert (ledger.unassigned, ledger.loose, ledger.open) == (0, 500, 0)

    def test_it_is_counted_where_nothing_fits(self) -> None:
        ledger = keep(9500, pay(5000), pay(500, is_assigned=False))
        assert (ledger.loose, ledger.total_paid, ledger.open) == (500, 5500, 4000)


def test_without_a_cost_nothing_is_open_or_too_much() -> None:
    ledger = keep_ledger(KnownMoney((pay(4000),)))
    assert (ledger.cost, ledger.open, ledger.surplus, ledger.receipt_total, ledger.total_paid) == (None, 0, 0, 0, 4000)
