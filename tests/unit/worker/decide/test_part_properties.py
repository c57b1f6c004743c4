"""Visits paid in parts, as they are drawn: in the end the receipts say what was paid, by kind, to the tiyn."""

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.fiscal.ledger import Cost, KnownMoney, Movement, Spending, keep_ledger
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import AccountUse, NoMoney, PaymentKind
from worker.decide.settlement.decisions import AwaitPayment, Ignore, IssueParts, IssueReceipt
from worker.decide.settlement.settling import settle, settle_parts
from worker.salon.policy import Policy

POLICY = Policy(part_payments="per_payment", deposits="at_top_up")
sums = st.integers(1, 2_000_000).map(lambda tiyn: Decimal(tiyn) / 100)
uses = st.sampled_from(list(AccountUse))


@settings(max_examples=max(1000, settings().max_examples))
@given(st.lists(st.tuples(sums, uses, st.booleans()), min_size=1, max_size=6), sums | st.just(ZERO), st.booleans())
def test_the_receipts_say_what_was_paid(
    paid: list[tuple[Decimal, AccountUse, bool]], certificate: Decimal, falls: bool
) -> None:
    """`paid`: sum, account, and whether the visit was looked at before the next payment came."""
    spent = (Spending(certificate, NoMoney.CERTIFICATE),) if certificate else ()
    full = sum((amount for amount, _, _ in paid), certificate)
    cost = Cost(full - certificate if falls else full, full)
    issued: dict[PaymentKind, Decimal] = {}
    known: list[Movement] = []
    for number, (amount, use, is_seen) in enumerate(paid, start=1):
        known.append(Movement(amount, use, operation_id=number))
        if is_seen:
            known = _look(known, cost, issued)
    settled = settle(keep_ledger(KnownMoney(tuple(known), spent, was_told=True), cost), POLICY)
    assert isinstance(settled, IssueReceipt | Ignore)
    _add(issued, settled.payments if isinstance(settled, IssueReceipt) else {})
    wanted: dict[PaymentKind, Decimal] = {}
    for amount, use, _ in paid:
        _add(wanted, {PaymentKind(use): amount} if use in set(PaymentKind) else {})
    assert issued == wanted


def _look(known: list[Movement], cost: Cost, issued: dict[PaymentKind, Decimal]) -> list[Movement]:
    decision = settle_parts(keep_ledger(KnownMoney(tuple(known), was_told=True), cost), POLICY)
    if not isinstance(decision, IssueParts):
        assert isinstance(decision, AwaitPayment)
        return known
    for part in decision.payments:
        assert part.use is not None
        _add(issued, {PaymentKind(part.use): part.amount})
    return [replace(one, receipted=one.amount) if one in decision.payments else one for one in known]


def _add(sums: dict[PaymentKind, Decimal], more: dict[PaymentKind, Decimal]) -> None:
    for kind, amount in more.items():
        sums[kind] = sums.get(kind, ZERO) + amount
