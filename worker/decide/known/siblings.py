"""The other records of a visit: what each claims of the payments that may be for several of them."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from sqlalchemy import BigInteger, bindparam, select
from sqlalchemy.orm import Session

from shared.altegio import Record
from shared.fiscal.ledger import Cost
from shared.fiscal.money import ZERO
from shared.fiscal.shares import Claim
from shared.fiscal.statuses import ReceiptKind, ReceiptState
from shared.storage.models import Receipt, Visit, WebhookRecord
from shared.storage.statements import table_of
from worker.decide.sales import Subject, sum_returned
from worker.receipt.lines import CannotBuild, price_record
from worker.salon.policy import Policy

_visits, _deliveries, _receipts = table_of(Visit).c, table_of(WebhookRecord).c, table_of(Receipt).c
_company = bindparam("company", type_=BigInteger)
_BODIES = (
    select(_visits.record_id, _deliveries.body)
    .join_from(table_of(Visit), table_of(WebhookRecord), _deliveries.id == _visits.delivery_id)
    .where(_visits.company_id == _company, _visits.record_id.in_(bindparam("records", expanding=True)))
)
_SALES = select(_receipts.record_id, _receipts.id, _receipts.total).where(
    _receipts.company_id == _company,
    _receipts.record_id.in_(bindparam("records", expanding=True)),
    _receipts.kind == ReceiptKind.SALE,
    _receipts.operation_id.is_(None),
    _receipts.state != ReceiptState.REJECTED,
    ~_receipts.returned,
)


def load_claims(
    session: Session, subject: Subject, siblings: Sequence[int], policy: Policy, read: Iterable[Record] = ()
) -> list[Claim]:
    """What the siblings of a visit claim: what their receipts say, else what they cost by the newest word.

    `read`: the records as Altegio itself has them, where it was asked; they replace what webhooks told.
    """
    known = {record.id: record for record in read if record.id is not None}
    wanted = sorted((known.keys() if known else set(siblings)) - {subject.record_id})
    if not wanted:
        return []
    values = {"company": subject.company_id, "records": wanted}
    records: dict[int, Record | None] = {record_id: known.get(record_id) for record_id in wanted}
    if not known:
        records = {record_id: _read(body) for record_id, body in session.execute(_BODIES, values)}
    receipted = {
        record_id: _claim_receipt(session, record_id, sale_id, total)
        for record_id, sale_id, total in session.execute(_SALES, values)
    }
    costs = {record_id: claim_record(record_id, record, policy) for record_id, record in records.items()}
    return [claim for claim in (costs | receipted).values() if claim is not None]


def _read(body: object) -> Record | None:
    """None where the body is kept no longer."""
    return Record.model_validate(body["data"]) if isinstance(body, dict) and isinstance(body.get("data"), dict) else None


def _claim_receipt(session: Session, record_id: int, sale_id: int, total: Decimal) -> Claim:
    return Claim(record_id, Decimal(total) - sum_returned(session, sale_id), Decimal(total), is_receipted=True)


def claim_record(record_id: int, record: Record | None, policy: Policy) -> Claim | None:
    """None for a record that is deleted, or whose lines cannot be added up."""
    if record is None or record.deleted:
        return None
    try:
        cost = price_record(record, amounts_in_tiyn=policy.amounts_in_tiyn)
    except CannotBuild:
        return None
    return claim_cost(record_id, cost)


def claim_cost(record_id: int, cost: Cost) -> Claim:
    """Where nothing is left to pay, what it cost before is claimed."""
    return Claim(record_id, cost.asked or cost.full or ZERO, cost.full)
