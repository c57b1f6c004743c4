"""Money that has receipts of its own, what of it went back, and which word on the cost the rest bears out."""

from decimal import Decimal
from typing import Any

import pytest

from shared.fiscal.ledger import Cost, KnownMoney, Movement, SaleLedger, Spending, keep_ledger
from shared.fiscal.statuses import AccountUse, NoMoney, PaymentKind, PaymentPurpose

CASH = PaymentKind.CASH


def pay(amount: int, use: AccountUse = AccountUse.CASH, receipted: int = 0, **fields: Any) -> Movement:
    return Movement(Decimal(amount), use, receipted=Decimal(receipted), **fields)


def refund(amount: int, use: AccountUse = AccountUse.CASH) -> Movement:
    return pay(amount, use, purpose=PaymentPurpose.REFUND)


def keep(
    *movements: Movement,
    returned: int = 0,
    cost: tuple[int, int] | None = None,
    receipted: tuple[int, ...] = (),
    **spent: int,
) -> SaleLedger:
    spendings = tuple(Spending(Decimal(amount), NoMoney(means)) for means, amount in spent.items())
    known = KnownMoney(movements, spendings, was_told=True, returned=Decimal(returned))
    both = None if cost is None else Cost(Decimal(cost[0]), Decimal(cost[1]))
    return keep_ledger(known, both, receipted=[Decimal(said) for said in receipted])


@pytest.mark.parametrize(
    ("movements", "returned", "expected"),
    [
        pytest.param([pay(1000, receipted=1000)], 0, (1000, 0, 0, 0), id="nothing-went-back"),
        pytest.param([pay(4000, receipted=1000)], 0, (1000, 0, 0, 0), id="a-part-of-a-payment"),
        pytest.param([pay(1000, receipted=1000), refund(1000)], 1000, (0, 0, 0, 0), id="returned-here-and-there"),
        pytest.param([pay(1000, receipted=1000), refund(1000)], 0, (0, 0, 1000, 0), id="there-alone"),
        pytest.param([pay(1000, receipted=1000)], 400, (1000, 0, 0, 400), id="here-alone"),
        pytest.param(
            [pay(1000, receipted=1000), pay(3000), refund(3500)], 300, (500, 3000, 200, 0), id="more-than-the-rest"
        ),
        pytest.param([pay(1000, receipted=1000), refund(5000)], 2000, (0, 4000, 0, 1000), id="more-than-ever-came"),
        pytest.param([pay(1000, receipted=1000), pay(500), refund(300)], 0, (1000, 300, 0, 0), id="of-the-rest-first"),
        pytest.param([pay(1000), refund(100), refund(200)], 0, (0, 300, 0, 0), id="in-two-steps"),
        pytest.param([pay(1000), refund(100, AccountUse.ELSEWHERE)], 0, (0, 100, 0, 0), id="where-none-came"),
    ],
)
def test_what_went_back_of_money_with_its_own_receipts(
    movements: list[Movement], returned: int, expected: tuple[int, int, int, int]
) -> None:
    ledger = keep(*movements, returned=returned)
    assert (ledger.prepaid, ledger.given_back, ledger.prepaid_back, ledger.returned_here) == expected


def test_a_receipt_of_the_sale_carries_the_rest_only() -> None:
    ledger = keep(pay(4000, receipted=1000), cost=(4000, 4000))
    assert (ledger.paid, ledger.receipt_total, ledger.open, ledger.surplus) == ({CASH: Decimal(3000)}, 3000, 0, 0)


def test_a_till_of_deposits_adds_to_what_a_deposit_paid() -> None:
    assert keep(pay(300, AccountUse.DEPOSIT), deposit=500).no_money == {NoMoney.DEPOSIT: Decimal(800)}


def test_income_tied_to_nothing_is_set_aside_only_where_the_sum_does_not_fit_with_it() -> None:
    ledger = keep(pay(900), pay(100, is_assigned=False), cost=(900, 1000))
    assert (ledger.unassigned, ledger.loose, ledger.cost, ledger.total_paid) == (0, 100, 1000, 1000)


@pytest.mark.parametrize(
    ("movements", "receipted", "cost", "expected"),
    [
        pytest.param([pay(700)], (), (700, 800), 1000, id="what-was-asked-was-paid-beside-a-certificate"),
        pytest.param([], (600,), (700, 900), 900, id="the-receipt-and-the-certificate-are-the-full-cost"),
        pytest.param([pay(200, receipted=200)], (400,), (700, 900), 900, id="with-a-prepayment"),
        pytest.param([], (700,), (700, 800), 1000, id="the-receipt-says-what-was-asked"),
        pytest.param([], (650,), (700, 800), 700, id="the-receipt-says-neither"),
    ],
)
def test_the_cost_that_the_money_or_a_receipt_bears_out(
    movements: list[Movement], receipted: tuple[int, ...], cost: tuple[int, int], expected: int
) -> None:
    assert keep(*movements, cost=cost, receipted=receipted, certificate=300).cost == expected
