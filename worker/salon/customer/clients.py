"""Keeps which clients want no receipts sent, and finds again whose a receipt is."""

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError
from sqlalchemy import BigInteger, bindparam, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from shared.altegio import GOODS_SALE, RECORD, Client
from shared.storage.db import Executor, SessionFactory
from shared.storage.models import Checkout, CustomerMessage, CustomerOptOut, WebhookRecord
from shared.storage.models.customer.customer_message import MessageState
from shared.storage.statements import table_of
from worker.salon.customer.addressee import Reachable

_opt_outs = table_of(CustomerOptOut).c
# `company` and `client` are bound; a client without an id is nobody's.
IS_OPTED_OUT = exists().where(
    _opt_outs.company_id == bindparam("company", type_=BigInteger),
    _opt_outs.client_id == bindparam("client", type_=BigInteger),
)
_IS_OPTED_OUT = select(IS_OPTED_OUT)


def is_opted_out(executor: Executor, company_id: int, client_id: int | None) -> bool:
    """Says whether a client wants no receipts sent."""
    asked = {"company": company_id, "client": client_id}
    return client_id is not None and bool(executor.execute(_IS_OPTED_OUT, asked).scalar())


def opt_out(sessions: SessionFactory, company_id: int, client_ids: Iterable[int], actor: str) -> int:
    """Remembers that clients want none, and drops what waits for them. Returns how many of them were not known to before."""
    rows = [{"company_id": company_id, "client_id": client_id, "actor": actor} for client_id in client_ids]
    waiting = (
        CustomerMessage.company_id == company_id,
        CustomerMessage.client_id.in_([row["client_id"] for row in rows]),
        CustomerMessage.state == MessageState.WAITING,
        ~CustomerMessage.is_wish,
    )
    dropped = {"state": MessageState.DROPPED, "ended_at": func.now(), "problem": OPTED_OUT, "email": None, "phone": None}
    with sessions.begin() as session:
        added = session.scalars(
            insert(CustomerOptOut).values(rows).on_conflict_do_nothing().returning(CustomerOptOut.id)
        ).all()
        session.execute(update(CustomerMessage).where(*waiting).values(**dropped))
    return len(added)


OPTED_OUT = "the client wants no receipts sent"


def opt_in(sessions: SessionFactory, company_id: int, client_ids: Iterable[int]) -> int:
    """Forgets that clients want none. Returns how many of them had been known to."""
    known = (CustomerOptOut.company_id == company_id, CustomerOptOut.client_id.in_(list(client_ids)))
    with sessions.begin() as session:
        return len(session.scalars(delete(CustomerOptOut).where(*known).returning(CustomerOptOut.id)).all())


def find_addresses(
    executor: Executor, company_id: int, record_id: int | None, document_id: int | None
) -> tuple[Reachable, Client | None]:
    """Returns of a sale what staff typed for it last, and its client as Altegio told of them."""
    client = _find_client(executor, company_id, record_id, document_id)
    found = executor.execute(
        select(Checkout.customer_email, Checkout.customer_phone)
        .where(Checkout.is_of(company_id, record_id, document_id))
        .order_by(Checkout.id.desc())
        .limit(1)
    ).first()
    return Reachable(*found) if found else Reachable(), client


def _find_client(executor: Executor, company_id: int, record_id: int | None, document_id: int | None) -> Client | None:
    """Of the newest delivery of the sale that names one and is still kept."""
    told = WebhookRecord.body["data"]["client"]
    is_of = (
        (WebhookRecord.resource == RECORD, WebhookRecord.resource_id == record_id)
        if record_id is not None
        else (WebhookRecord.resource == GOODS_SALE, WebhookRecord.document_id == document_id)
    )
    newest = (
        select(told)
        .where(*is_of, WebhookRecord.company_id == company_id, func.jsonb_typeof(told) == "object")
        .order_by(WebhookRecord.id.desc())
        .limit(1)
    )
    return _read(executor.execute(newest).scalar())


def _read(told: Any) -> Client | None:
    try:
        return Client.model_validate(told) if told else None
    except ValidationError:
        return None
