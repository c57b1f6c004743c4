"""Finds out what a replay of one delivery would lead to: decides it as a worker would, and takes all of it back.

Nothing leaves the database meanwhile. Where Altegio would be asked, the answer cannot be known, so what is foretold is what
would be decided without it, and says so.
"""

from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from shared.fiscal.payment_types import read_paid
from shared.fiscal.statuses import ReceiptState, RecordState
from shared.logging import get_logger
from shared.replay import Outcome, put_back
from shared.storage.models import Receipt, WebhookRecord
from shared.storage.models.wire.replay_item import Foretold
from worker.decide.delivery import Delivery
from worker.decide.known.facts import NeedsFacts
from worker.decide.process_record import decide_delivery, lock_subject
from worker.decide.resolution import Resolution
from worker.services import Services

log = get_logger(__name__)

_REFUSALS = {
    Outcome.ALREADY_ISSUED: Foretold.SETTLED,
    Outcome.NOT_POSSIBLE: Foretold.NOT_POSSIBLE,
    Outcome.NOT_FOUND: Foretold.NOT_POSSIBLE,
}
_KINDS = {
    RecordState.AWAITING_PAYMENT: Foretold.AWAITING,
    RecordState.IGNORED: Foretold.IGNORED,
    RecordState.DEAD_LETTERED: Foretold.PERSON,
    RecordState.RECEIVED: Foretold.WAITING,
    RecordState.RETRYING: Foretold.WAITING,
}
_RETURN_DUE = "return due: "


def foretell(services: Services, row_id: int) -> dict[str, Any]:
    """Returns what would happen, as `replay_items.foretold` keeps it; never raises for what is in the row."""
    try:
        try:
            return _try_out(services, row_id)
        except NeedsFacts:
            return _try_out(replace(services, altegio=None), row_id) | {"asks_altegio": True}
    except (SQLAlchemyError, ValueError, ArithmeticError, LookupError, TypeError, AttributeError) as error:
        log.warning("not foretold", record_id=row_id, error=type(error).__name__)
        return {"kind": Foretold.UNCLEAR, "reason": type(error).__name__}


def _try_out(services: Services, row_id: int) -> dict[str, Any]:
    """Raises NeedsFacts. The session is closed without a commit, whatever happens."""
    with services.sessions() as session:
        delivery = _read(session, row_id)
        if delivery is None:
            return {"kind": Foretold.NOT_POSSIBLE}
        lock_subject(session, delivery)
        refused = _find_refusal(session, row_id)
        impossible = put_back(session, row_id, actor="preview", reason="preview")
        if impossible is not None:
            return {"kind": _REFUSALS[impossible]}
        session.flush()
        resolution = decide_delivery(services, session, delivery, None)
        session.flush()
        return _describe(session, delivery, resolution) | ({"refused": refused} if refused else {})


def _read(session: Session, row_id: int) -> Delivery | None:
    """As a worker would claim it."""
    found = session.execute(select(WebhookRecord, func.now()).where(WebhookRecord.id == row_id)).first()
    if found is None:
        return None
    row, now = found
    taken = {name: getattr(row, name) for name in Delivery.__slots__ if name not in ("now", "claim_id", "claims")}
    return Delivery(**taken, claim_id=uuid4(), claims=1, now=now)


def _find_refusal(session: Session, row_id: int) -> str | None:
    """What Webkassa said the last time, where it refused."""
    is_of = Receipt.id == select(WebhookRecord.receipt_id).where(WebhookRecord.id == row_id).scalar_subquery()
    is_refused = (Receipt.state == ReceiptState.REJECTED) & Receipt.error_kind.is_not(None)
    return session.scalar(select(Receipt.error_text).where(is_of, is_refused))


def _describe(session: Session, delivery: Delivery, resolution: Resolution) -> dict[str, Any]:
    told: dict[str, Any] = {"reason": resolution.reason, "code": resolution.code}
    if resolution.state in _KINDS:
        made = _list_made(session, delivery) if resolution.cashbox_id is not None else []
        return {**told, "kind": _KINDS[resolution.state], "receipts": made}
    receipt = session.get(Receipt, resolution.receipt_id, populate_existing=True) if resolution.receipt_id else None
    if receipt is None or receipt.state == ReceiptState.ISSUED:
        is_return = (resolution.reason or "").startswith(_RETURN_DUE)
        return {**told, "kind": Foretold.RETURN_DUE if is_return else Foretold.SETTLED}
    may_exist = receipt.state == ReceiptState.UNKNOWN or receipt.sending_since is not None
    kind = Foretold.ASK_FIRST if may_exist else Foretold.ISSUE
    return {**told, "kind": kind, "receipts": [_describe_receipt(receipt)]}


def _list_made(session: Session, delivery: Delivery) -> list[dict[str, Any]]:
    """Receipts that this very transaction made: those of single payments."""
    made = select(Receipt).where(Receipt.company_id == delivery.company_id, Receipt.created_at == func.now())
    return [_describe_receipt(receipt) for receipt in session.scalars(made.order_by(Receipt.id))]


def _describe_receipt(receipt: Receipt) -> dict[str, Any]:
    kinds: dict[str, Decimal] = {str(kind): amount for kind, amount in read_paid(receipt.request).items()}
    return {
        "number": receipt.external_check_number,
        "total": str(receipt.total),
        "kinds": {kind: str(amount) for kind, amount in kinds.items()},
    }
