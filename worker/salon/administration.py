"""Gives salons their cashboxes: adds, lists, checks against Webkassa, takes out of service."""

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from shared.clock import ALMATY, almaty_date, parse_moment, utc_now
from shared.config import Settings
from shared.fiscal.statuses import OPEN_RECEIPT_STATES, RecordState
from shared.fiscal.vat_rates import find_rate
from shared.salon.choices import CHOICES, check_choice, parse_receivers
from shared.storage.db import SessionFactory
from shared.storage.models import Cashbox, Receipt, WebhookRecord
from shared.storage.sealing import seal
from worker.cashbox.claim import hold_cashbox
from worker.salon.serving import build_vat
from worker.webkassa.client import WebkassaClient
from worker.webkassa.clients import CashboxClients
from worker.webkassa.errors import WebkassaError

LICENCE_WARNING_DAYS = 30


class BadCashbox(Exception):
    """Raised where what was asked for cannot be done; the message names the option."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Holds what `cashboxes add` was told; None leaves what is there, "" goes back to the environment's choice."""

    name: str | None = None
    login: str | None = None
    password: str | None = None
    api_token: str | None = None
    vat: str | None = None
    vat_lines: str | None = None
    comment_marker: str | None = None
    fiscalize_when: str | None = None
    default_payment_method: str | None = None
    payment_kinds: str | None = None
    deposits: str | None = None
    part_payments: str | None = None
    tips: str | None = None
    certificates_as: str | None = None
    goods_codes: str | None = None
    receipt_to_client: str | None = None
    receipt_language: str | None = None
    write_back: str | None = None
    desk_payments: str | None = None


def add_cashbox(session: Session, settings: Settings, company_id: int, number: str, changes: Changes) -> Cashbox:
    """Adds a cashbox, or changes the present one and puts it into service. Raises BadCashbox, ConfigurationError."""
    cashbox = session.scalar(select(Cashbox).where(Cashbox.unique_number == number).with_for_update())
    if cashbox is not None and cashbox.company_id not in (None, company_id):
        raise BadCashbox(f"--cashbox: {number} belongs to salon {cashbox.company_id}")
    other = session.scalar(
        select(Cashbox).where(Cashbox.company_id == company_id, Cashbox.enabled, Cashbox.unique_number != number)
    )
    if other is not None:
        raise BadCashbox(f"--company: salon {company_id} has {other.unique_number}; disable that one first")
    if cashbox is None:
        cashbox = Cashbox(unique_number=number)
        session.add(cashbox)
    cashbox.company_id, cashbox.enabled = company_id, True
    for name, value in _read_changes(settings, changes).items():
        setattr(cashbox, name, value)
    session.flush()
    return cashbox


def _read_changes(settings: Settings, changes: Changes) -> dict[str, str | None]:
    """Columns and their new values. Raises BadCashbox."""
    values: dict[str, str | None] = {}
    for field in fields(changes):
        value: str | None = getattr(changes, field.name)
        if value is None:
            continue
        try:
            value = check_choice(field.name, value)
        except ValueError as error:
            raise BadCashbox(f"--{field.name.replace('_', '-')}: {error}") from None
        if value and field.name == "receipt_to_client" and (missing := settings.list_missing(parse_receivers(value))):
            raise BadCashbox(f"--receipt-to-client: it needs {', '.join(missing)}")
        if field.name in ("password", "api_token"):
            values[f"{field.name}_sealed"] = seal(settings, value) if value else None
        else:
            values[field.name] = value or None
    return values


def disable_cashbox(session: Session, number: str) -> int:
    """Takes a cashbox out of service; returns how many receipts still wait for it. Raises BadCashbox."""
    cashbox = session.scalar(select(Cashbox).where(Cashbox.unique_number == number).with_for_update())
    if cashbox is None:
        raise BadCashbox(f"no cashbox {number}")
    cashbox.enabled = False
    waiting = select(func.count()).where(Receipt.cashbox_id == cashbox.id, Receipt.state.in_(OPEN_RECEIPT_STATES))
    return session.scalar(waiting) or 0


def list_cashboxes(session: Session) -> list[dict[str, Any]]:
    """Returns a row for each cashbox, without a single secret."""
    rows = session.scalars(select(Cashbox).order_by(Cashbox.id))
    return [
        {
            "cashbox": row.unique_number,
            "company_id": row.company_id,
            "name": row.name,
            "enabled": row.enabled,
            "login": row.login or "environment",
            "password": "own" if row.password_sealed else "environment",
            "vat": row.vat or "environment",
            "marker": row.comment_marker or "environment",
            "choices": _describe_choices(row),
            "paused_since": row.paused_since,
            "paused_reason": row.paused_reason,
        }
        for row in rows
    ]


def _describe_choices(row: Cashbox) -> str:
    """The others, as far as they differ from the environment."""
    own = {name: getattr(row, name) for name in CHOICES if name not in ("vat", "comment_marker")}
    return "; ".join(f"{name}: {value}" for name, value in own.items() if value) or "environment"


def list_unknown_salons(session: Session) -> list[tuple[int, int]]:
    """Returns salons whose deliveries wait because no cashbox serves them, and how many each has."""
    waiting = (
        select(WebhookRecord.company_id, func.count())
        .where(WebhookRecord.state == RecordState.DEAD_LETTERED, WebhookRecord.error_code == "no_cashbox")
        .group_by(WebhookRecord.company_id)
        .order_by(WebhookRecord.company_id)
    )
    return [(company or 0, count) for company, count in session.execute(waiting)]


@dataclass(frozen=True, slots=True)
class Finding:
    """Says what was found about a cashbox. `level`: ok, warning or problem."""

    cashbox: str
    level: str
    text: str


def check_cashbox(
    sessions: SessionFactory, settings: Settings, clients: CashboxClients, cashbox: Cashbox, taxpayer: str | None = None
) -> list[Finding]:
    """Compares login, status, licence and VAT regime with what Webkassa has. Waits for nobody: a busy cashbox is a finding.

    `taxpayer`: the seller's IIN or BIN, where the cashbox has no report yet that names it.
    """
    number = cashbox.unique_number
    with hold_cashbox(sessions, cashbox.id, settings.lease_seconds, even_if_paused=True) as claim:
        if claim is None:
            return [Finding(number, "warning", "busy or disabled: not checked")]
        try:
            client = clients.open(cashbox.id)
            client.sign_in()
            findings = [Finding(number, "ok", "login accepted"), *_check_state(client, number)]
            findings += _check_vat(client, cashbox, settings, taxpayer or _find_taxpayer(client, number))
        except WebkassaError as error:
            return [Finding(number, "problem", str(error))]
        findings += _probe_if_paused(sessions, cashbox.id, number)
    return findings


def _probe_if_paused(sessions: SessionFactory, cashbox_id: int, number: str) -> list[Finding]:
    """The register answers: a paused cashbox is tried now instead of at its next probe, oldest receipt first."""
    with sessions.begin() as session:
        cashbox = session.get_one(Cashbox, cashbox_id, with_for_update=True)
        if cashbox.paused_since is None:
            return []
        cashbox.paused_until = func.now()
    return [Finding(number, "warning", "was paused: its receipts are tried now")]


def _check_state(client: WebkassaClient, number: str) -> list[Finding]:
    info = client.client_info(number)
    status = info.get("CashboxStatus")
    found = [Finding(number, "ok", "cashbox is active")]
    if str(status) not in ("1", "None"):
        found = [Finding(number, "problem", f"cashbox status is {status}, not 1 (active): see Webkassa's cabinet")]
    licence = info.get("License")
    ends = _read_day(licence.get("LicenseExpirationDate")) if isinstance(licence, dict) else None
    if ends is None:
        return [*found, Finding(number, "warning", "Webkassa does not tell when the licence ends")]
    days = (ends - almaty_date(utc_now())).days
    level = "problem" if days < 0 else "warning" if days <= LICENCE_WARNING_DAYS else "ok"
    return [*found, Finding(number, level, f"licence ends on {ends} ({days} days)")]


def _check_vat(client: WebkassaClient, cashbox: Cashbox, settings: Settings, taxpayer: str | None) -> list[Finding]:
    """Ours against the organisation's: a seller without VAT must not show any, and the other way round."""
    number, regime = cashbox.unique_number, build_vat(settings, cashbox)
    if taxpayer is None:
        return [Finding(number, "warning", "VAT regime not checked: no shift yet, name the seller with --taxpayer")]
    vat = client.main_info(taxpayer).get("VATInfo")
    if not isinstance(vat, dict) or "VATPayer" not in vat:
        return [Finding(number, "warning", "Webkassa does not tell the VAT regime")]
    ours = {find_rate(turnover, almaty_date(utc_now())) for turnover in regime.turnovers} - {None}
    if bool(vat["VATPayer"]) != bool(ours):
        theirs = "pays VAT" if vat["VATPayer"] else "pays no VAT"
        return [Finding(number, "problem", f"Webkassa says the seller {theirs}, ours is {regime.regime!r}")]
    rates = [str(known) for known in vat.get("VATRates") or []]
    strange = sorted(str(rate) for rate in ours if str(rate) not in rates)
    if rates and strange:
        said = f"VAT {', '.join(strange)} % is none of the organisation's rates: {', '.join(rates)}"
        return [Finding(number, "problem", said)]
    return [Finding(number, "ok", f"VAT regime agrees: {regime.regime}")]


def _find_taxpayer(client: WebkassaClient, number: str) -> str | None:
    """The X-report names it; it closes nothing."""
    try:
        report = client.x_report(number)
    except WebkassaError:
        return None
    taxpayer = report.get("TaxPayerIN")
    return str(taxpayer) if taxpayer else None


def _read_day(value: Any) -> date | None:
    moment: datetime | None = parse_moment(value)
    if moment is not None:
        return moment.astimezone(ALMATY).date()
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
