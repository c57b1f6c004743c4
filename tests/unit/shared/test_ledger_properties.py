"""The ledger of generated sales: every tenge once, whatever was told and in whatever order."""

import random
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.fiscal.ledger import Cost, KnownMoney, Movement, SaleLedger, Spending, add_up, keep_ledger
from shared.fiscal.money import ZERO, round_tiyn
from shared.fiscal.shares import Claim, VisitPayment, share_out, spread
from shared.fiscal.statuses import AccountUse, NoMoney, PaymentPurpose

# Thousands of sales in all, also in the quick profile.
many = settings(max_examples=max(500, settings().max_examples))
OUTSIDE = (AccountUse.NONE, AccountUse.ELSEWHERE)
sums = st.integers(1, 2_000_000).map(lambda tiyn: Decimal(tiyn) / 100)
uses = st.sampled_from([None, *AccountUse])
purposes = st.sampled_from([PaymentPurpose.SALE, PaymentPurpose.SALE, PaymentPurpose.REFUND, PaymentPurpose.TIP])
purse = st.builds(Movement, sums, uses, purposes, st.booleans())


def _with_receipt(movement: Movement, share: int) -> Movement:
    """A payment of which some, or all, has a receipt of its own."""
    is_sale = movement.purpose is PaymentPurpose.SALE
    return replace(movement, receipted=round_tiyn(movement.amount * share / 4)) if is_sale else movement


movements = st.lists(st.builds(_with_receipt, purse, st.sampled_from([0, 0, 0, 1, 4])), max_size=6)
spendings = st.lists(st.builds(Spending, sums, st.sampled_from(NoMoney)), max_size=3)


@st.composite
def sales(draw: st.DrawFn) -> tuple[KnownMoney, Cost]:
    """Any money beside any cost; half of the costs are made to fit some of it, in one of the ways Altegio has."""
    known = KnownMoney(tuple(draw(movements)), tuple(draw(spendings)), returned=draw(st.sampled_from([ZERO, draw(sums)])))
    paid = _sum_of(known, PaymentPurpose.SALE)
    no_money = sum((one.amount for one in known.spent if one.means is not NoMoney.UNCLEAR), ZERO)
    full = draw(st.sampled_from([paid + no_money, paid, draw(sums)]))
    asked = draw(st.sampled_from([full, max(full - no_money, ZERO), ZERO, draw(sums)]))
    return known, Cost(asked, full)


def _sum_of(known: KnownMoney, purpose: PaymentPurpose) -> Decimal:
    return sum((one.amount for one in known.movements if one.purpose is purpose), ZERO)


def _describe(ledger: SaleLedger) -> tuple[object, ...]:
    return (
        ledger.cost,
        dict(ledger.paid),
        dict(ledger.no_money),
        dict(ledger.outside),
        ledger.given_back,
        ledger.prepaid,
        ledger.prepaid_back,
        ledger.returned_here,
        ledger.tips,
        ledger.unassigned,
        ledger.loose,
        ledger.unclear,
    )


@many
@given(sales())
def test_what_it_costs_is_paid_or_open(sale: tuple[KnownMoney, Cost]) -> None:
    ledger = keep_ledger(*sale)
    assert ledger.cost is not None
    whole = ledger.prepaid + ledger.total_paid + add_up(ledger.no_money) + add_up(ledger.outside) + ledger.open
    assert ledger.cost + ledger.surplus == whole
    assert not (ledger.open and ledger.surplus)
    assert min(ledger.open, ledger.surplus, ledger.receipt_total, ledger.given_back, ledger.unassigned) >= 0
    assert min(ledger.prepaid, ledger.prepaid_back, ledger.returned_here) >= 0


@many
@given(sales())
def test_every_sum_is_counted_once(sale: tuple[KnownMoney, Cost]) -> None:
    """What came in is paid, outside, a deposit or set aside; what went back made one of them smaller or is given back."""
    known, _ = sale
    ledger = keep_ledger(*sale)
    spent = sum((one.amount for one in known.spent), ZERO)
    came = _sum_of(known, PaymentPurpose.SALE) + spent
    went = _sum_of(known, PaymentPurpose.REFUND)
    stays = ledger.total_paid + add_up(ledger.no_money) + add_up(ledger.outside) + ledger.unassigned + ledger.unclear
    aside = sum((one.receipted for one in known.movements if not one.is_assigned), ZERO) if ledger.unassigned else ZERO
    settled = known.returned - ledger.returned_here
    assert came - went == stays + ledger.prepaid - ledger.given_back
    assert ledger.prepaid + ledger.prepaid_back + settled + aside == sum((one.receipted for one in known.movements), ZERO)
    assert ledger.tips == _sum_of(known, PaymentPurpose.TIP)
    assert not set(ledger.outside) - set(OUTSIDE)


@many
@given(sales(), st.randoms(use_true_random=False))
def test_the_order_in_which_it_was_told_does_not_matter(sale: tuple[KnownMoney, Cost], rng: random.Random) -> None:
    known, cost = sale
    told, spent = list(known.movements), list(known.spent)
    rng.shuffle(told)
    rng.shuffle(spent)
    assert _describe(keep_ledger(replace(known, movements=tuple(told), spent=tuple(spent)), cost)) == _describe(
        keep_ledger(known, cost)
    )


@many
@given(sales())
def test_tips_and_what_is_elsewhere_make_no_receipt_larger(sale: tuple[KnownMoney, Cost]) -> None:
    known, cost = sale
    without = tuple(one for one in known.movements if one.purpose is not PaymentPurpose.TIP)
    assert _describe(keep_ledger(replace(known, movements=without), cost))[:5] == _describe(keep_ledger(known, cost))[:5]
    ledger = keep_ledger(known, cost)
    for_register = [one for one in known.movements if one.use not in (*OUTSIDE, AccountUse.DEPOSIT)]
    assert ledger.total_paid <= sum((one.amount for one in for_register if one.purpose is PaymentPurpose.SALE), ZERO)


# Visits of several records.

claims = st.lists(st.tuples(sums, sums), min_size=1, max_size=4).map(
    lambda costs: [Claim(number, min(pair), max(pair)) for number, pair in enumerate(costs, start=1)]
)


parts = st.builds(_with_receipt, st.builds(Movement, sums, uses), st.sampled_from([0, 0, 1, 4]))


@st.composite
def joint_visits(draw: st.DrawFn) -> tuple[list[Claim], list[VisitPayment]]:
    records = draw(claims)
    named = st.sampled_from([None, *(claim.record_id for claim in records), 99])
    payments = [VisitPayment(draw(named), draw(parts)) for _ in range(draw(st.integers(0, 4)))]
    rest = sum((claim.full for claim in records), ZERO) - sum((one.movement.amount for one in payments), ZERO)
    if rest > 0 and draw(st.booleans()):
        payments.append(VisitPayment(draw(named), Movement(rest, draw(uses))))
    return records, payments


def _add(payments: list[Movement]) -> dict[AccountUse | None, Decimal]:
    added: dict[AccountUse | None, Decimal] = {}
    for one in payments:
        added[one.use] = added.get(one.use, ZERO) + one.amount
    return added


@given(joint_visits())
def test_shared_out_nothing_is_lost_or_doubled(visit: tuple[list[Claim], list[VisitPayment]]) -> None:
    records, payments = visit
    everything = _add([one.movement for one in payments])
    for shares in (share_out(records, payments), spread(records, payments)):
        if shares is not None:
            assert set(shares) == {claim.record_id for claim in records}
            shared = [part for given in shares.values() for part in given]
            assert _add(shared) == everything
            assert sum(part.receipted for part in shared) == sum(one.movement.receipted for one in payments)
            assert all(part.receipted <= part.amount for part in shared)


@given(joint_visits())
def test_shared_out_each_record_gets_what_it_costs(visit: tuple[list[Claim], list[VisitPayment]]) -> None:
    records, payments = visit
    paid = sum((one.movement.amount for one in payments), ZERO)
    shares = share_out(records, payments)
    fits = [
        {claim.record_id: wanted(claim) for claim in records}
        for wanted in (lambda claim: claim.full, lambda claim: claim.asked)
        if paid == sum((wanted(claim) for claim in records), ZERO)
    ]
    assert (shares is not None) == bool(fits)
    if shares is not None:
        assert {number: sum((part.amount for part in given), ZERO) for number, given in shares.items()} == fits[0]


@given(joint_visits(), st.randoms(use_true_random=False))
def test_shared_out_in_any_order_of_records(visit: tuple[list[Claim], list[VisitPayment]], rng: random.Random) -> None:
    records, payments = visit
    shuffled = list(records)
    rng.shuffle(shuffled)
    assert share_out(shuffled, payments) == share_out(records, payments)
