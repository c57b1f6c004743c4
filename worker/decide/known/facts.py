"""What Altegio itself says of a sale, asked just before something fiscal is done: the body of a webhook is only a hint.

Altegio signs nothing, so whoever knows the address can post anything, and what it posts itself may be old by now. Where the
tokens lack a right the webhooks have to do: refused rights are a matter of configuration, told to a person, and no reason to
withhold a receipt.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from shared.altegio import FinanceOperation, GoodsOperation, Record
from shared.fiscal.money import ZERO
from shared.logging import get_logger
from shared.storage.db import SessionFactory, read_clock
from worker.alerts import send_alert
from worker.altegio.client import AltegioClient
from worker.altegio.errors import AltegioRefused, NoRights, NotFound
from worker.altegio.schemas import read_loyalty, read_payments, read_sale_items
from worker.decide.sales import Subject
from worker.receipt.lines import CannotBuild, build_record_lines

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Facts:
    """`record` or `goods` None: Altegio has no such visit or sale. `payments` None: not to be read, webhooks stand.

    `loyalty` is the part of the sale that a certificate, a deposit or bonuses paid. `denied`: nothing could be read at all.
    """

    read_at: datetime
    record: Record | None = None
    goods: tuple[GoodsOperation, ...] | None = None
    payments: tuple[FinanceOperation, ...] | None = None
    loyalty: Decimal = ZERO
    denied: bool = False


class NeedsFacts(Exception):
    """The decision made so far would do something fiscal: ask Altegio first, outside any transaction."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(str(subject))
        self.subject = subject


def demand_facts(altegio: AltegioClient | None, subject: Subject, facts: Facts | None) -> None:
    """Raises NeedsFacts where Altegio can be asked and was not yet."""
    if facts is None and altegio is not None:
        raise NeedsFacts(subject)


def read_facts(sessions: SessionFactory, client: AltegioClient, subject: Subject) -> Facts:
    """Raises AltegioError when Altegio cannot tell now, ValueError when it tells nothing readable."""
    read_at = read_clock(sessions)
    try:
        if subject.record_id:
            return _read_visit(sessions, client, subject, read_at)
        return _read_goods(sessions, client, subject, read_at)
    except NotFound:
        return Facts(read_at, payments=_read_payments_left(sessions, client, subject))
    except NoRights as error:
        _tell_rights(sessions, error)
        return Facts(read_at, denied=True)


def _read_payments_left(
    sessions: SessionFactory, client: AltegioClient, subject: Subject
) -> tuple[FinanceOperation, ...] | None:
    """A visit that is gone may leave its payments behind; of a document nothing can be asked then."""
    if subject.record_id is None:
        return None
    left = _read_ledger(sessions, client, subject, Record(id=subject.record_id))
    return None if left is None else tuple(left)


def _read_visit(sessions: SessionFactory, client: AltegioClient, subject: Subject, read_at: datetime) -> Facts:
    assert subject.record_id is not None
    data = client.get_record(subject.company_id, subject.record_id)
    record = Record.model_validate(data)
    payments = _read_embedded(sessions, client, subject, data)
    if payments is None or _is_incomplete(record, payments):
        ledger = _read_ledger(sessions, client, subject, record)
        # Where the ledger is closed to us, an empty list beside the record may be closed as well.
        payments = ledger if ledger is not None else payments or None
    if payments is None:
        return Facts(read_at, record=record)
    loyalty = ZERO
    if _is_incomplete(record, payments):
        state = _find_state(sessions, client, subject.company_id, _find_document(data))
        payments = _resolve_by_state(payments, state)
        loyalty = read_loyalty(state)
    return Facts(read_at, record=record, payments=tuple(payments), loyalty=loyalty)


def _read_goods(sessions: SessionFactory, client: AltegioClient, subject: Subject, read_at: datetime) -> Facts:
    assert subject.document_id is not None
    state = client.get_sale(subject.company_id, subject.document_id)
    goods = tuple(GoodsOperation.model_validate(item) for item in read_sale_items(state, subject.document_id))
    rows = state.get("payment_transactions") or []
    payments = [
        payment.model_copy(
            update={"document_id": subject.document_id, "sold_item_type": payment.sold_item_type or "goods_transaction"}
        )
        for payment in _resolve_accounts(sessions, client, subject.company_id, rows)
    ]
    return Facts(read_at, goods=goods, payments=tuple(payments), loyalty=read_loyalty(state))


def _read_embedded(
    sessions: SessionFactory, client: AltegioClient, subject: Subject, data: dict[str, Any]
) -> list[FinanceOperation] | None:
    """The payments that come with a record: none missing, where they add up to it. None where there is no such list."""
    embedded = data.get("finance_transactions")
    if not isinstance(embedded, list):
        return None
    rows = [row for row in embedded if isinstance(row, dict) and row.get("record_id") in (None, 0, subject.record_id)]
    return _resolve_accounts(sessions, client, subject.company_id, rows)


def _read_ledger(
    sessions: SessionFactory, client: AltegioClient, subject: Subject, record: Record
) -> list[FinanceOperation] | None:
    """None without the right to read it, which goes apart from that to records."""
    try:
        rows = client.list_payments(subject.company_id, record_id=subject.record_id, visit_id=record.visit_id)
    except (NoRights, AltegioRefused, NotFound) as error:
        _tell_rights(sessions, error)
        return None
    return _resolve_accounts(sessions, client, subject.company_id, rows)


def _resolve_accounts(
    sessions: SessionFactory, client: AltegioClient, company_id: int, rows: Sequence[dict[str, Any]]
) -> list[FinanceOperation]:
    """Not every answer says whether an account is a cash till; the list of accounts does."""
    payments = read_payments(rows, {})
    if all(_tells_kind(payment) for payment in payments):
        return payments
    try:
        return read_payments(rows, client.list_accounts(company_id))
    except (NoRights, AltegioRefused, NotFound) as error:
        _tell_rights(sessions, error)
        return payments


def _tells_kind(payment: FinanceOperation) -> bool:
    return payment.account is not None and payment.account.is_cash is not None


def _is_incomplete(record: Record, payments: Sequence[FinanceOperation]) -> bool:
    """Whether the sale document could tell more: an account of unknown kind, or a part that no money paid."""
    if not all(_tells_kind(payment) for payment in payments):
        return True
    try:
        total = sum((line.total for line in build_record_lines(record)), ZERO)
    except CannotBuild:
        return False
    return total != sum((payment.amount for payment in payments if payment.amount > 0), ZERO)


def _find_document(data: dict[str, Any]) -> int | None:
    documents = data.get("documents")
    first = documents[0] if isinstance(documents, list) and documents else None
    number = first.get("id") if isinstance(first, dict) else None
    return number if isinstance(number, int) else None


def _find_state(sessions: SessionFactory, client: AltegioClient, company_id: int, document_id: int | None) -> dict[str, Any]:
    """The sale document; empty where it cannot be had: whether visits have one is not certain."""
    if document_id is None:
        return {}
    try:
        return client.get_sale(company_id, document_id)
    except (NoRights, AltegioRefused, NotFound) as error:
        _tell_rights(sessions, error)
        return {}


def _resolve_by_state(payments: Sequence[FinanceOperation], state: dict[str, Any]) -> list[FinanceOperation]:
    accounts = {payment.id: payment.account for payment in read_payments(state.get("payment_transactions") or [], {})}
    return [
        payment
        if _tells_kind(payment)
        else payment.model_copy(update={"account": accounts.get(payment.id, payment.account)})
        for payment in payments
    ]


def _tell_rights(sessions: SessionFactory, error: Exception) -> None:
    """A configuration to mend: said once in a while, and the webhooks do meanwhile."""
    if isinstance(error, NoRights):
        send_alert(sessions, "altegio_rights", str(error))
    else:
        log.warning("altegio does not tell", error=str(error))
