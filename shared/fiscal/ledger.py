"""Keeps the ledger of a sale: everything that is known of its money, added up once. Pure.

    cost + surplus = prepaid + paid + no money + outside + open

`prepaid` is money that has a receipt of its own already; a receipt of the sale carries the rest only. Tips and income
that Altegio ties to nothing sold (`unassigned`) stand apart, and so does what was given back (`given_back`), for which a
receipt is returned rather than made smaller. In whatever order things were told, the answer is the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TypeVar

from shared.fiscal.money import ZERO
from shared.fiscal.statuses import AccountUse, NoMoney, PaymentKind, PaymentPurpose

# What a cash register counts; None: the account did not tell.
Kind = PaymentKind | None
Sums = Mapping[Kind, Decimal]
_Key = TypeVar("_Key")
_OUTSIDE = (AccountUse.NONE, AccountUse.ELSEWHERE)


@dataclass(frozen=True, slots=True)
class Movement:
    """Holds a movement of money in force, its amount positive whichever way it went.

    `use`: how its account is taken, None where that was not told. `is_assigned`: Altegio ties it to something sold, or says
    nothing of that. `receipted`: the part of it that has a receipt of its own; `operation_id`, `day`: which payment it is,
    of which day.
    """

    amount: Decimal
    use: AccountUse | None
    purpose: PaymentPurpose = PaymentPurpose.SALE
    is_assigned: bool = True
    receipted: Decimal = ZERO
    operation_id: int | None = None
    day: date | None = None

    @property
    def without_receipt(self) -> Decimal:
        return self.amount - self.receipted


@dataclass(frozen=True, slots=True)
class Spending:
    """Holds what paid for a part of a sale and is no money."""

    amount: Decimal
    means: NoMoney


@dataclass(frozen=True, slots=True)
class Cost:
    """Holds Altegio's two words on what a sale costs: `full` (`cost`), and `asked`, what the client owes (`cost_to_pay`).

    Whether a deposit, a certificate or a membership lowers `asked` is not known, and it was seen to fall to nothing.
    """

    asked: Decimal
    full: Decimal


@dataclass(frozen=True, slots=True)
class KnownMoney:
    """Holds what is known of the money of a sale.

    `was_told`: a payment was told at some time, whatever became of it. `moved_to`: the visit one of them belongs to by
    now. `is_read`: Altegio's own list was read, so nothing is missing. `is_unshared`: other records of the same visit
    have payments that may be for this one, and the sums do not say so. `of_visit`: all payments of a visit of several
    records, `unnamed`: those of them that name none. `returned`: what went back already by returns of receipts that payments
    have of their own.
    """

    movements: tuple[Movement, ...] = ()
    spent: tuple[Spending, ...] = ()
    was_told: bool = False
    moved_to: int | None = None
    is_read: bool = False
    is_unshared: bool = False
    of_visit: Decimal = ZERO
    unnamed: Decimal = ZERO
    returned: Decimal = ZERO


NOTHING_KNOWN = KnownMoney()


@dataclass(frozen=True, slots=True)
class SaleLedger:
    """Answers what is known of a sale's money. `cost` is None where it was not asked for, or cannot be added up.

    `paid`: money for a register, by kind, refunds not yet taken off. `prepaid`: money with receipts of its own, refunds
    taken off, `prepaid_back` those of them that no return shows yet; `returned_here`: returned, though nothing was given
    back in Altegio. `outside`: on accounts that need no receipt of ours. `given_back`: of the money without a receipt of
    its own, which is taken first. `unassigned`: income that nothing sold explains; `loose`: such income counted as paid,
    since the sum does not fit without it. `unclear`: what may have paid or not.
    """

    known: KnownMoney = NOTHING_KNOWN
    cost: Decimal | None = None
    paid: Sums = field(default_factory=dict)
    no_money: Mapping[NoMoney, Decimal] = field(default_factory=dict)
    outside: Mapping[AccountUse, Decimal] = field(default_factory=dict)
    given_back: Decimal = ZERO
    prepaid: Decimal = ZERO
    prepaid_back: Decimal = ZERO
    returned_here: Decimal = ZERO
    tips: Decimal = ZERO
    unassigned: Decimal = ZERO
    loose: Decimal = ZERO
    unclear: Decimal = ZERO

    @property
    def total_paid(self) -> Decimal:
        """Returns the money for a register, refunds not yet taken off."""
        return add_up(self.paid)

    @property
    def in_force(self) -> Decimal:
        """Returns what of it the salon still has."""
        return max(ZERO, self.total_paid - self.given_back)

    @property
    def without_receipt(self) -> Decimal:
        """Returns the part of the cost that no receipt of ours shows."""
        return add_up(self.no_money) + add_up(self.outside)

    @property
    def deposit(self) -> Decimal:
        """Returns the part that came from the client's deposit."""
        return self.no_money.get(NoMoney.DEPOSIT, ZERO)

    @property
    def covered(self) -> Decimal:
        return self.prepaid + self.total_paid + self.without_receipt

    @property
    def open(self) -> Decimal:
        """Returns what nothing has paid yet."""
        return ZERO if self.cost is None else max(ZERO, self.cost - self.covered)

    @property
    def surplus(self) -> Decimal:
        """Returns what was paid beyond the cost."""
        return ZERO if self.cost is None else max(ZERO, self.covered - self.cost)

    @property
    def receipt_total(self) -> Decimal:
        """Returns what a receipt shows once everything is paid."""
        return ZERO if self.cost is None else max(ZERO, self.cost - self.without_receipt - self.prepaid)


def keep_ledger(known: KnownMoney, cost: Cost | None = None, *, receipted: Sequence[Decimal] = ()) -> SaleLedger:
    """Returns the ledger of a sale. `receipted`: what its receipt says or said, which decides where the money leaves it open
    which of the two words on the cost is meant.
    """
    sale = [one for one in known.movements if one.purpose is PaymentPurpose.SALE]
    back = [one for one in known.movements if one.purpose is PaymentPurpose.REFUND]
    assigned, loose = [one for one in sale if one.is_assigned], [one for one in sale if not one.is_assigned]
    everything, firm = _add_up(known, sale, back), _add_up(known, assigned, back)
    is_apart = bool(loose) and _fits(firm, cost) and not _fits(everything, cost)
    ledger = firm if is_apart else everything
    loose_sum = sum((one.amount for one in loose), ZERO)
    return SaleLedger(
        known=known,
        cost=None if cost is None else _choose_cost(ledger, cost, receipted),
        paid=ledger.paid,
        no_money=ledger.no_money,
        outside=ledger.outside,
        given_back=ledger.given_back,
        prepaid=ledger.prepaid,
        prepaid_back=ledger.prepaid_back,
        returned_here=ledger.returned_here,
        tips=sum((one.amount for one in known.movements if one.purpose is PaymentPurpose.TIP), ZERO),
        unassigned=loose_sum if is_apart else ZERO,
        loose=ZERO if is_apart else loose_sum,
        unclear=sum((one.amount for one in known.spent if one.means is NoMoney.UNCLEAR), ZERO),
    )


def add_up(sums: Mapping[_Key, Decimal]) -> Decimal:
    """Returns the sum of all kinds or means."""
    return sum(sums.values(), ZERO)


def merge(sums: Sums, fallback: PaymentKind = PaymentKind.CARD) -> dict[PaymentKind, Decimal]:
    """Returns the sums with those of unknown kind taken for `fallback`."""
    merged: dict[PaymentKind, Decimal] = {}
    for kind, amount in sums.items():
        merged[kind or fallback] = merged.get(kind or fallback, ZERO) + amount
    return merged


def _add_up(known: KnownMoney, sale: Sequence[Movement], back: Sequence[Movement]) -> SaleLedger:
    """What went back from where no receipt counts it makes that part smaller."""
    no_money: dict[NoMoney, Decimal] = _sum_by(
        (one.means, one.amount) for one in known.spent if one.means is not NoMoney.UNCLEAR
    )
    tills = _sum_by((one.use, one.without_receipt) for one in sale if one.without_receipt)
    given_back = ZERO
    for one in back:
        left = tills.get(one.use, ZERO) if one.use in (*_OUTSIDE, AccountUse.DEPOSIT) else ZERO
        taken = min(one.amount, left)
        if taken:
            tills[one.use] = left - taken
        given_back += one.amount - taken
    deposit = tills.pop(AccountUse.DEPOSIT, ZERO)
    if deposit:
        no_money[NoMoney.DEPOSIT] = no_money.get(NoMoney.DEPOSIT, ZERO) + deposit
    outside = {use: tills.pop(use) for use in _OUTSIDE if use in tills}
    prepaid = sum((one.receipted for one in sale), ZERO)
    settled = min(given_back, prepaid, known.returned)
    over = given_back - settled - add_up(tills)
    prepaid_back = min(max(ZERO, over), prepaid - settled)
    return SaleLedger(
        paid={PaymentKind(use) if use else None: amount for use, amount in tills.items()},
        no_money=no_money,
        outside={use: amount for use, amount in outside.items() if amount},
        given_back=given_back - settled - prepaid_back,
        prepaid=prepaid - settled - prepaid_back,
        prepaid_back=prepaid_back,
        returned_here=known.returned - settled,
    )


def _sum_by(pairs: Iterable[tuple[_Key, Decimal]]) -> dict[_Key, Decimal]:
    sums: dict[_Key, Decimal] = {}
    for key, amount in pairs:
        sums[key] = sums.get(key, ZERO) + amount
    return sums


def _fits(ledger: SaleLedger, cost: Cost | None) -> bool:
    """Says whether what is known pays for the sale, to the tiyn."""
    if cost is None or not ledger.covered:
        return False
    return ledger.covered in (cost.full, cost.asked) or _is_owed(ledger.covered - add_up(ledger.no_money), cost)


def _is_owed(amount: Decimal, cost: Cost) -> bool:
    """Says whether an amount is what was left to pay after what is no money; nothing left says nothing of the sum."""
    return bool(amount) and amount == cost.asked


def _choose_cost(ledger: SaleLedger, cost: Cost, receipted: Sequence[Decimal]) -> Decimal:
    """The word on the cost that the money bears out, else the receipt; else the one that is left to ask for."""
    if _fits(ledger, cost):
        return ledger.covered
    no_money = add_up(ledger.no_money)
    for said in receipted:
        whole = said + ledger.prepaid + ledger.without_receipt
        if whole in (cost.full, cost.asked) or _is_owed(whole - no_money, cost):
            return whole
    if ledger.covered and not cost.asked:
        return cost.full
    return cost.asked + (no_money if cost.full - cost.asked >= no_money else ZERO)
