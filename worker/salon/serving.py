"""Reads a salon: its cashbox, and the choices that hold for it. What a cashbox's row leaves open the environment decides.

A salon with a row of its own is never served by another cashbox, not even while its own is disabled. The environment's
cashbox serves the salons of `ALTEGIO_COMPANY_ID`. Where that is not set it serves whoever posts, as long as no salon has a
cashbox of its own; from then on only the salons it served before, since a company nobody named may be anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

from sqlalchemy import bindparam, exists, or_, select
from sqlalchemy.orm import Session

from shared.config import Settings
from shared.fiscal.accounts import parse_accounts
from shared.fiscal.statuses import PaymentKind
from shared.fiscal.vat_rates import parse_vat_lines
from shared.salon.choices import PART_PAYMENTS, choose, parse_receivers, parse_words, parse_write_back
from shared.salon.default_cashbox import ensure_default_cashbox
from shared.storage.models import Cashbox, Receipt
from shared.storage.statements import table_of
from worker.receipt.vat import VatRegime
from worker.salon.policy import Policy


class NoCashbox(Exception):
    """Raised where no cashbox serves a salon; the message says what to do."""


class SalonCashbox(NamedTuple):
    """Holds a cashbox as far as a decision goes; None in a setting means the environment's."""

    id: int
    unique_number: str
    company_id: int | None
    enabled: bool
    vat: str | None
    vat_lines: str | None
    comment_marker: str | None
    fiscalize_when: str | None
    default_payment_method: str | None
    payment_kinds: str | None
    deposits: str | None
    part_payments: str | None
    tips: str | None
    certificates_as: str | None
    goods_codes: str | None
    receipt_to_client: str | None
    write_back: str | None
    desk_payments: str | None


@dataclass(frozen=True, slots=True)
class Salon:
    """Holds what is decided by.

    `cashbox` is None where none may serve the salon; `problem` says why.
    """

    company_id: int
    policy: Policy
    vat: VatRegime
    cashbox: SalonCashbox | None
    problem: str = ""

    def get_cashbox(self) -> SalonCashbox:
        """Returns the cashbox. Raises NoCashbox."""
        if self.cashbox is None:
            raise NoCashbox(self.problem)
        return self.cashbox


_cashboxes = table_of(Cashbox)
_receipts = table_of(Receipt)
_named = _cashboxes.alias()
# The one in force first, then the newest of those that were disabled; beside each, whether any salon has one of its own.
_FIND = (
    select(*(_cashboxes.c[name] for name in SalonCashbox._fields), exists().where(_named.c.company_id.is_not(None)))
    .where(or_(_cashboxes.c.company_id == bindparam("company"), _cashboxes.c.unique_number == bindparam("number")))
    .order_by(_cashboxes.c.enabled.desc(), _cashboxes.c.id.desc())
)
_WAS_SERVED = select(
    exists().where(_receipts.c.company_id == bindparam("company"), _receipts.c.cashbox_id == bindparam("cashbox"))
)


def load_salon(session: Session, settings: Settings, company_id: int) -> Salon:
    """Reads the choices and the cashbox of a salon, anew every time: a change holds from the next decision on."""
    rows, is_any_named = _find_cashboxes(session, settings, company_id)
    own = next((row for row in rows if row.company_id == company_id), None)
    if own is not None:
        problem = "" if own.enabled else f"cashbox {own.unique_number} of salon {company_id} is disabled"
        return Salon(company_id, build_policy(settings, own), build_vat(settings, own), _if_enabled(own), problem)
    policy, vat = build_policy(settings, None), build_vat(settings, None)
    default = next(iter(rows), None)
    if default is None or default.company_id is not None:
        return Salon(company_id, policy, vat, None, _unknown(company_id))
    if not default.enabled:
        return Salon(company_id, policy, vat, None, f"cashbox {default.unique_number} is disabled")
    if not _serves(session, settings, default, company_id, is_any_named=is_any_named):
        return Salon(company_id, policy, vat, None, _unknown(company_id))
    return Salon(company_id, policy, vat, default)


def _find_cashboxes(session: Session, settings: Settings, company_id: int) -> tuple[list[SalonCashbox], bool]:
    """The salon's own ones and the environment's, and whether any salon has one of its own."""
    values = {"company": company_id, "number": settings.webkassa_shop_id}
    rows = session.execute(_FIND, values).all()
    if not rows and settings.webkassa_shop_id:
        ensure_default_cashbox(session, settings)
        rows = session.execute(_FIND, values).all()
    return [SalonCashbox(*row[:-1]) for row in rows], bool(rows and rows[0][-1])


def list_salons(session: Session, settings: Settings) -> Sequence[int]:
    """Returns company ids of the salons that are known by name: rows of their own, and the environment's."""
    mapped = session.scalars(select(Cashbox.company_id).where(Cashbox.enabled, Cashbox.company_id.is_not(None)))
    return sorted({company for company in mapped if company is not None} | settings.company_ids)


def build_policy(settings: Settings, cashbox: SalonCashbox | None) -> Policy:
    """Returns the choices of a cashbox's row, of the environment where it leaves them open."""

    def of(name: str) -> str:
        return choose(settings, cashbox, name)

    method = of("default_payment_method")
    return Policy(
        fiscalize_when=of("fiscalize_when"),
        comment_marker=of("comment_marker"),
        default_kind=None if method == "ask" else PaymentKind(method),
        amounts_in_tiyn=settings.altegio_amounts_in_tiyn,
        accounts=parse_accounts(of("payment_kinds")),
        deposits=cast(Any, of("deposits")),
        part_payments=cast(Any, PART_PAYMENTS[of("part_payments")]),
        tip_words=parse_words(of("tips")),
        certificates_as_services=of("certificates_as") == "services",
        goods_codes_required=of("goods_codes") == "required",
        receivers=parse_receivers(of("receipt_to_client")),
        named_in=parse_write_back(of("write_back")),
        books_desk=of("desk_payments") == "booked",
    )


def build_vat(settings: Settings, cashbox: SalonCashbox | Cashbox | None) -> VatRegime:
    """Returns the VAT regime of a cashbox's row, of the environment where it leaves that open."""
    return VatRegime(choose(settings, cashbox, "vat"), parse_vat_lines(choose(settings, cashbox, "vat_lines")))


def _if_enabled(cashbox: SalonCashbox) -> SalonCashbox | None:
    return cashbox if cashbox.enabled else None


def _unknown(company_id: int) -> str:
    return (
        f"no cashbox for salon {company_id}: celery -A worker cashboxes add --company {company_id} --cashbox SWK…, "
        "then replay"
    )


def _serves(session: Session, settings: Settings, default: SalonCashbox, company_id: int, *, is_any_named: bool) -> bool:
    if settings.company_ids:
        return company_id in settings.company_ids
    if not is_any_named:
        return True
    return bool(session.scalar(_WAS_SERVED, {"company": company_id, "cashbox": default.id}))
