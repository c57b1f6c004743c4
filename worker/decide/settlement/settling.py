"""How a sale without a receipt is settled by its ledger: what a receipt of it says, or why there is none. Pure."""

from collections.abc import Mapping
from decimal import Decimal

from shared.fiscal.ledger import Movement, SaleLedger, merge
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import AccountUse, NoMoney, PaymentKind, PaymentPurpose
from worker.decide.settlement.decisions import (
    AskPerson,
    AwaitPayment,
    Ignore,
    IssueParts,
    IssueReceipt,
    OfParts,
    Settlement,
)
from worker.salon.policy import Policy

_FOR_REGISTER = (AccountUse.CASH, AccountUse.CARD, AccountUse.MOBILE)
NO_RECEIPT_NEEDED = "needs no receipt"
_WORDS: Mapping[str, str] = {
    NoMoney.DEPOSIT: "from the client's deposit",
    NoMoney.CERTIFICATE: "by certificate",
    NoMoney.MEMBERSHIP: "by membership",
    NoMoney.BONUS: "by bonuses",
    AccountUse.NONE: "between bank accounts",
    AccountUse.ELSEWHERE: "at a terminal that is a register itself",
}


def settle(
    ledger: SaleLedger, policy: Policy, *, is_paid: bool = True, deposit_kind: PaymentKind | None = None
) -> Settlement:
    """Says how a sale was paid. `is_paid`: Altegio calls it paid; `deposit_kind`: how the client's deposits were paid.

    The default kind stands in only where nothing at all is known: part of the money, or a list of it that was read, means
    that the rest was something else, and a receipt for more than was paid is as wrong as none.
    """
    if ledger.surplus:
        return AskPerson("sum_mismatch", f"payments add up to {ledger.covered} ₸, the lines to {ledger.cost} ₸")
    if not ledger.open:
        return _settle_paid(ledger, policy, deposit_kind)
    if not is_paid and ledger.covered:
        return AwaitPayment(describe_rest(ledger))
    if not is_paid and ledger.known.is_read:
        return AwaitPayment("Altegio knows of no payment yet")
    if ledger.known.is_read or ledger.known.is_unshared:
        return _ask(ledger)
    if policy.default_kind is None:
        known = f"{ledger.covered} ₸ of {ledger.cost} ₸ are known; how was the rest paid?"
        return AwaitPayment(f"{known if ledger.covered else 'how was it paid?'} Choose on the payment page")
    return _ask(ledger) if ledger.covered else IssueReceipt({policy.default_kind: ledger.open}, is_assumed=True)


def _ask(ledger: SaleLedger) -> AskPerson:
    unclear = f"; whether {ledger.unclear} ₸ of loyalty paid for it is unclear" if ledger.unclear else ""
    known = f"payments of {ledger.covered} ₸ are known, the lines add up to {ledger.cost} ₸"
    if ledger.known.is_unshared:
        of_visit = f"those of the whole visit, {ledger.known.of_visit} ₸, do not add up to its records"
        return AskPerson("sum_mismatch", f"{known}: {of_visit}{unclear}")
    if ledger.covered:
        return AskPerson("sum_mismatch", f"{known}: was the rest a deposit, a certificate or bonuses?{unclear}")
    return AskPerson("no_money", f"{ledger.cost} ₸ are due and Altegio knows of no money{unclear}")


def _settle_paid(ledger: SaleLedger, policy: Policy, deposit_kind: PaymentKind | None) -> Settlement:
    if ledger.deposit and policy.deposits == "at_spending":
        return _settle_spending(ledger, policy, deposit_kind)
    if ledger.paid:
        return IssueReceipt(merge_kinds(ledger, policy))
    if ledger.deposit and policy.deposits == "by_hand":
        topped_up = "if its top-up had no receipt, make one on the payment page"
        return AwaitPayment(f"paid {describe_without_receipt(ledger)}: {topped_up}")
    return Ignore(f"{NO_RECEIPT_NEEDED}: paid {describe_without_receipt(ledger)}")


def _settle_spending(ledger: SaleLedger, policy: Policy, deposit_kind: PaymentKind | None) -> Settlement:
    """The money came with the top-up: its kind is that of the top-ups, where they have one."""
    if deposit_kind is None:
        unknown = "how the deposit was paid is not known: make the receipt on the payment page"
        return AskPerson("deposit", f"paid {describe_without_receipt(ledger)}: {unknown}")
    kinds = merge_kinds(ledger, policy)
    kinds[deposit_kind] = kinds.get(deposit_kind, ZERO) + ledger.deposit
    return IssueReceipt(kinds)


def merge_kinds(ledger: SaleLedger, policy: Policy) -> dict[PaymentKind, Decimal]:
    """Returns the money by kind, for a receipt. Where an account does not tell its kind, the salon's default stands in."""
    return merge(ledger.paid, policy.default_kind or PaymentKind.CARD)


def describe_without_receipt(ledger: SaleLedger) -> str:
    """Returns what paid for the part without a receipt, in words."""
    parts: list[tuple[str, Decimal]] = sorted([*ledger.no_money.items(), *ledger.outside.items()])
    prepaid = [f"{ledger.prepaid} ₸ with a receipt for each payment"] if ledger.prepaid else []
    return ", ".join([*prepaid, *(f"{amount} ₸ {_WORDS[means]}" for means, amount in parts)])


def describe_rest(ledger: SaleLedger) -> str:
    """Returns what was paid so far of what."""
    if ledger.cost is None or not ledger.covered:
        return "not paid in full yet" + (f": {ledger.in_force} ₸" if ledger.in_force else "")
    prepaid = f", {ledger.prepaid} ₸ of it with receipts" if ledger.prepaid else ""
    return f"not paid in full yet: {ledger.covered} ₸ of {ledger.cost} ₸{prepaid}"


def settle_parts(ledger: SaleLedger, policy: Policy) -> OfParts:
    """Says what is due for a visit that is not paid in full, where the salon wants a receipt for each payment.

    A payment that covers the rest waits for Altegio to say so: the receipt of the visit shows it. What was added to a
    payment that has a receipt already is part of the rest as well, and so is income that is tied to nothing sold.
    """
    awaited = AwaitPayment(describe_rest(ledger))
    parts = tuple(one for one in ledger.known.movements if _is_part(one))
    unnamed = ledger.known.unnamed if ledger.known.is_unshared else ZERO
    if policy.part_payments != "per_payment" or not (parts or unnamed):
        return awaited
    by_hand = "make its receipt by hand, or wait until everything is paid"
    if unnamed:
        return AskPerson("part_payment", f"{unnamed} ₸ were paid for several records of the visit: {by_hand}")
    if ledger.surplus:
        told = f"payments add up to {ledger.covered} ₸, the lines to {ledger.cost} ₸"
        return AskPerson("part_payment", f"{told}, and Altegio does not call the visit paid: {by_hand}")
    if ledger.given_back or ledger.returned_here:
        return _ask_about_given_back(ledger, by_hand)
    return IssueParts(parts, describe_rest(ledger)) if ledger.open else awaited


def _is_part(movement: Movement) -> bool:
    is_for_register = movement.use is None or movement.use in _FOR_REGISTER
    is_sale = movement.purpose is PaymentPurpose.SALE and movement.is_assigned
    return is_for_register and is_sale and movement.operation_id is not None and not movement.receipted


def _ask_about_given_back(ledger: SaleLedger, todo: str) -> OfParts:
    if not ledger.in_force and not ledger.returned_here:
        return AwaitPayment("what was paid was given back")
    return AskPerson("part_payment", f"{ledger.total_paid} ₸ were paid, {_say_given_back(ledger)}: {todo}")


def _say_given_back(ledger: SaleLedger) -> str:
    here = f"{ledger.returned_here} ₸ with a receipt were returned here, though Altegio has not given them back"
    return here if ledger.returned_here else f"{ledger.given_back} ₸ of it given back"


def decide_given_back(ledger: SaleLedger) -> AwaitPayment | AskPerson:
    """Before any receipt was sent: nothing is due for what was given back, and a part is a person's matter."""
    if not ledger.in_force and not ledger.returned_here:
        return AwaitPayment("what was paid was given back")
    return AskPerson("sum_mismatch", f"{ledger.total_paid} ₸ were paid, {_say_given_back(ledger)}")


def find_due_at_desk(ledger: SaleLedger, policy: Policy) -> Decimal:
    """Returns what staff may take a payment of: with the part from a deposit, unless its top-up had the receipt."""
    is_deposit_open = policy.deposits != "at_top_up" and not ledger.paid
    return ledger.receipt_total + (ledger.deposit if is_deposit_open else ZERO)
