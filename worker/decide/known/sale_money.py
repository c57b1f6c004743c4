"""All that is known of a sale's money, and whether its receipt still tells the truth."""

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from sqlalchemy.orm import Session

from shared.altegio import Record
from shared.fiscal.ledger import Cost, KnownMoney, keep_ledger
from shared.fiscal.money import ZERO
from shared.fiscal.payment_types import read_paid
from shared.fiscal.shares import Claim
from shared.storage.models import Checkout, Receipt
from worker.decide.known.money_rows import MoneyRows, load_money_rows, sum_prepaid, take_own, take_share
from worker.decide.known.siblings import load_claims
from worker.decide.sales import Subject, is_advance, sum_returned
from worker.decide.settlement.doubts import Doubt, DoubtKind, find_doubt
from worker.salon.policy import Policy


def gather_money(
    session: Session,
    subject: Subject,
    rows: MoneyRows,
    policy: Policy,
    claim: Claim | None,
    *,
    checkout_id: int | None = None,
    read: Iterable[Record] = (),
    is_read: bool = False,
) -> KnownMoney:
    """What is known of the money of a visit. `claim`: what it costs, or its receipt says; `read`: its visit's records as
    Altegio has them. Only where there are several does it matter what the others claim.
    """
    record_id = subject.record_id
    if checkout_id is None and claim is not None and record_id is not None:
        others = load_claims(session, subject, rows.siblings, policy, read)
        if others:
            claims = [_add_prepaid(rows, one) for one in (claim, *others)]
            return take_share(rows, record_id, claims, is_read=is_read)
    return take_own(rows, subject, checkout_id, is_read=is_read)


def _add_prepaid(rows: MoneyRows, claim: Claim) -> Claim:
    """What payments have receipts of their own for is no part of what the sale's receipt says."""
    prepaid = sum_prepaid(rows, claim.record_id) if claim.is_receipted else ZERO
    return replace(claim, asked=claim.asked + prepaid, full=claim.full + prepaid)


def load_money(
    session: Session,
    subject: Subject,
    policy: Policy,
    claim: Claim | None = None,
    *,
    checkout: Checkout | None = None,
    is_of_advance: bool = False,
    read: Iterable[Record] = (),
) -> KnownMoney:
    """Reads what the tables know of a sale's money. `read`: its visit's records as Altegio has them."""
    rows = load_money_rows(session, subject)
    checkout_id = checkout.id if checkout else None
    if not subject.is_visit:
        return take_own(rows, subject, is_advance=is_of_advance)
    return gather_money(session, subject, rows, policy, claim, checkout_id=checkout_id, read=read)


def doubt_sale(
    session: Session,
    subject: Subject,
    sale: Receipt,
    policy: Policy,
    checkout: Checkout | None = None,
    *,
    without: int | None = None,
    read: Iterable[Record] = (),
) -> Doubt | None:
    """Says what the money that is known speaks against a receipt that exists; `without` one of its returns. `read`: the
    records of its visit as Altegio has them, one of which no webhook may have told yet.

    Where staff corrected the way of payment, what they say counts, whatever way Altegio still has.
    """
    returned = sum_returned(session, sale.id, without=without)
    claim = claim_receipt(subject, sale.total, returned)
    known = load_money(session, subject, policy, claim, checkout=checkout, is_of_advance=is_advance(sale), read=read)
    whole = sale.total + sum((movement.receipted for movement in known.movements), ZERO)
    says = Cost(whole, whole)
    doubt = find_doubt(read_paid(sale.request), keep_ledger(known, says), returned)
    is_corrected = sale.replaces_id is not None
    return None if doubt is not None and doubt.kind is DoubtKind.OTHER_KIND and is_corrected else doubt


def claim_receipt(subject: Subject, total: Decimal, returned: Decimal = ZERO) -> Claim | None:
    """None for a document, which shares its payments with none."""
    if subject.record_id is None:
        return None
    return Claim(subject.record_id, total - returned, total, is_receipted=True)
