"""Reads deliveries for the feed of the wire, the newest first: one statement, by indexes, a page at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, or_, select, union
from sqlalchemy.orm import Session

from api.acquire.access.salons import Salons
from api.acquire.wire.find import Sought
from api.acquire.wire.masks import mask_words
from api.acquire.wire.words.labels import CHANGES, STATES, Label, name_resource, say_span
from api.acquire.wire.words.reasons import explain_reason
from shared.fiscal.statuses import RecordState
from shared.storage.models import Receipt, WebhookRecord

PAGE_SIZE = 50
MAX_CODE = 40


@dataclass(frozen=True, slots=True)
class Filters:
    """Holds what the feed is narrowed to; None where nothing was chosen."""

    state: str | None = None
    code: str | None = None
    company: int | None = None
    sought: Sought | None = None

    @classmethod
    def read(cls, asked: Mapping[str, str], sought: Sought | None = None) -> "Filters":
        """Returns what an address or a form asks for; what makes no sense is left out."""
        state, code = asked.get("state"), asked.get("code", "").strip()[:MAX_CODE]
        return cls(
            state=state if state in set(RecordState) else None,
            code=code if code and code.isprintable() else None,
            company=read_id(asked.get("salon")),
            sought=sought,
        )

    @property
    def as_query(self) -> dict[str, str]:
        """Returns these as parts of an address, without what was searched for."""
        chosen = {"state": self.state, "code": self.code, "salon": self.company}
        return {name: str(value) for name, value in chosen.items() if value is not None}


def read_id(typed: str | None) -> int | None:
    """Returns the number of a row; None for what is none."""
    is_number = typed is not None and typed.isascii() and typed.isdigit() and len(typed) < 19
    return int(typed) if is_number and typed else None


def narrow(filters: Filters, salons: Salons) -> list[ColumnElement[bool]]:
    """Returns the conditions of a delivery that somebody may see and asks for."""
    conditions = [salons.allow(WebhookRecord.company_id)]
    if filters.state is not None:
        # In words, so that the indexes of single states serve.
        conditions.append(WebhookRecord.state == filters.state)
    if filters.code is not None:
        conditions.append(WebhookRecord.error_code == filters.code)
    if filters.company is not None:
        conditions.append(WebhookRecord.company_id == filters.company)
    return conditions


def list_deliveries(
    session: Session, salons: Salons, filters: Filters, known: frozenset[int], before: int | None = None
) -> Sequence[Any]:
    """Returns deliveries, the newest first, below the id `before`; one more than a page says that there are others.

    `known`: the salons there are, by which documents of goods are found.
    """
    query = (
        select(
            WebhookRecord.id,
            WebhookRecord.created_at,
            WebhookRecord.processed_at,
            WebhookRecord.company_id,
            WebhookRecord.resource,
            WebhookRecord.resource_id,
            WebhookRecord.document_id,
            WebhookRecord.status,
            WebhookRecord.state,
            WebhookRecord.reason,
            WebhookRecord.error_code,
            WebhookRecord.source,
            Receipt.external_check_number,
            Receipt.fiscal_number,
            Receipt.total,
        )
        .outerjoin(Receipt, Receipt.id == WebhookRecord.receipt_id)
        .where(*narrow(filters, salons))
    )
    if filters.sought is not None:
        query = query.where(WebhookRecord.id.in_(_find(filters.sought, known)))
    if before is not None:
        query = query.where(WebhookRecord.id < before)
    return session.execute(query.order_by(WebhookRecord.id.desc()).limit(PAGE_SIZE + 1)).all()


def _find(sought: Sought, known: frozenset[int]) -> Any:
    """Ids of deliveries, each kind of number by its own index."""
    receipts = select(Receipt.id).where(
        or_(Receipt.fiscal_number == sought.word, Receipt.external_check_number == sought.word)
    )
    parts = [select(WebhookRecord.id).where(WebhookRecord.receipt_id.in_(receipts))]
    if sought.number is not None:
        is_of_document = (WebhookRecord.company_id.in_(sorted(known)), WebhookRecord.document_id == sought.number)
        parts += [
            select(WebhookRecord.id).where(WebhookRecord.id == sought.number),
            select(WebhookRecord.id).where(WebhookRecord.resource_id == sought.number),
            select(WebhookRecord.id).where(*is_of_document),
        ]
    return union(*parts).subquery().select()


@dataclass(frozen=True, slots=True)
class Entry:
    """Describes a delivery in the feed. `took`: from its arrival to its end, where it has one."""

    row: Any
    label: Label
    about: Any
    change: Any
    number: int | None
    reason: Any
    took: Any


def show(row: Any) -> Entry:
    """Returns a row of the feed in words."""
    took: timedelta | None = row.processed_at - row.created_at if row.processed_at else None
    return Entry(
        row=row,
        label=STATES[row.state],
        about=name_resource(row.resource),
        change=CHANGES.get(row.status, row.status),
        number=row.document_id or row.resource_id,
        reason=explain_reason(mask_words(row.reason)),
        took=say_span(took) if took is not None else None,
    )
