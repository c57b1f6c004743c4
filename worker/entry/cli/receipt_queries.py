"""Asks the database what the command line shows: deliveries with their receipts. No personal data is read."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVarTuple

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from shared.clock import ALMATY, utc_now
from shared.fiscal.statuses import ReceiptState, RecordState
from shared.storage.db import dump_json
from shared.storage.models import Cashbox, FiscalizationLog, Receipt, Replay, WebhookRecord

_LONGEST_ANSWER = 2048
_AGE = re.compile(r"^(\d+)\s*([smhd])$")
Columns = TypeVarTuple("Columns")

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


class BadFilter(ValueError):
    """Raised where an option cannot be read; the message names the option and what it takes."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Holds what a list of deliveries is narrowed to; None where an option was not given.

    `state` is of the delivery or of its receipt, `code` Webkassa's or our own, `since` and `until` are times of storing.
    """

    state: str | None = None
    code: str | None = None
    company: int | None = None
    cashbox: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 50

    @classmethod
    def read(cls, *, since: str | None = None, until: str | None = None, **plain: Any) -> "Filters":
        """Reads the words of the command line. Raises BadFilter."""
        state = plain.get("state")
        known = [*RecordState, *ReceiptState]
        if state is not None and state not in known:
            raise BadFilter(f"--state: {state!r} is none of {', '.join(known)}")
        return cls(since=_read_moment("--since", since), until=_read_moment("--until", until), **plain)


def _read_moment(option: str, text: str | None) -> datetime | None:
    """A date or time of the salon's clock, or an age."""
    if text is None:
        return None
    age = _AGE.match(text.strip())
    if age:
        return utc_now() - timedelta(**{_UNITS[age[2]]: int(age[1])})
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise BadFilter(f"{option}: {text!r} is neither a time such as 2026-03-02T10:00 nor an age such as 2h") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=ALMATY)


def list_deliveries(session: Session, filters: Filters) -> list[dict[str, Any]]:
    """Returns deliveries with their receipts as rows of plain values, newest first."""
    query = _filtered(select(WebhookRecord, Receipt, Cashbox), filters).order_by(WebhookRecord.id.desc())
    return [_describe(*row) for row in session.execute(query.limit(filters.limit))]


def find_ids(session: Session, filters: Filters) -> list[int]:
    """Returns ids of deliveries, oldest first; without a state, of what waits for a person."""
    query = _filtered(select(WebhookRecord.id), filters).order_by(WebhookRecord.id)
    if filters.state is None:
        query = query.where(WebhookRecord.state == RecordState.DEAD_LETTERED)
    return list(session.scalars(query.limit(filters.limit)))


def _filtered(query: Select[*Columns], filters: Filters) -> Select[*Columns]:
    query = query.select_from(WebhookRecord).outerjoin(Receipt, Receipt.id == WebhookRecord.receipt_id)
    query = query.outerjoin(Cashbox, Cashbox.id == Receipt.cashbox_id)
    if filters.state in list(ReceiptState):
        query = query.where(Receipt.state == filters.state)
    elif filters.state is not None:
        query = query.where(WebhookRecord.state == filters.state)
    if filters.code is not None:
        query = query.where(WebhookRecord.error_code == filters.code)
    if filters.company is not None:
        query = query.where(WebhookRecord.company_id == filters.company)
    if filters.cashbox is not None:
        query = query.where(Cashbox.unique_number == filters.cashbox)
    if filters.since is not None:
        query = query.where(WebhookRecord.created_at >= filters.since)
    if filters.until is not None:
        query = query.where(WebhookRecord.created_at < filters.until)
    return query


def find_delivery(session: Session, row_id: int) -> dict[str, Any] | None:
    """Returns one delivery with the calls and replays of its receipt; None where there is none of that id."""
    query = select(WebhookRecord, Receipt, Cashbox).where(WebhookRecord.id == row_id)
    row = session.execute(_filtered(query, Filters())).first()
    if row is None:
        return None
    found = _describe(*row)
    receipt: Receipt | None = row[1]
    found["calls"] = _list_calls(session, receipt.id) if receipt else []
    replays = session.scalars(select(Replay).where(Replay.webhook_record_id == row_id).order_by(Replay.id))
    found["replays"] = [{"at": item.created_at, "actor": item.actor, "reason": item.reason} for item in replays]
    return found


def _list_calls(session: Session, receipt_id: int) -> list[dict[str, Any]]:
    calls = session.scalars(
        select(FiscalizationLog).where(FiscalizationLog.receipt_id == receipt_id).order_by(FiscalizationLog.id)
    )
    return [
        {
            "at": call.created_at,
            "operation": call.operation,
            "attempt": call.attempt,
            "outcome": call.outcome,
            "code": call.error_code,
            "text": call.error_text,
            "seconds": round((call.finished_at - call.created_at).total_seconds(), 3) if call.finished_at else None,
            "answer": _show_answer(call),
        }
        for call in calls
    ]


def _show_answer(call: FiscalizationLog) -> str | None:
    """The beginning of an answer that was no plain success, as it is kept: without secrets."""
    is_plain = call.error_text is None or call.response is None
    return None if is_plain else dump_json(call.response)[:_LONGEST_ANSWER]


def _describe(row: WebhookRecord, receipt: Receipt | None, cashbox: Cashbox | None) -> dict[str, Any]:
    return {
        "id": row.id,
        "company_id": row.company_id,
        "resource": row.resource,
        "resource_id": row.resource_id,
        "status": row.status,
        "state": row.state,
        "reason": row.reason,
        "code": row.error_code,
        "created_at": row.created_at,
        "processed_at": row.processed_at,
        "cashbox": cashbox.unique_number if cashbox else None,
        "receipt": _describe_receipt(receipt) if receipt else None,
    }


def _describe_receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "id": receipt.id,
        "state": receipt.state,
        "external_check_number": receipt.external_check_number,
        "total": receipt.total,
        "tax": receipt.tax,
        "attempts": receipt.attempts,
        "fiscal_number": receipt.fiscal_number,
        "shift_number": receipt.shift_number,
        "issued_at": receipt.issued_at,
        "receipt_url": receipt.receipt_url,
        "warning": receipt.warning,
        "number_repeated": receipt.number_repeated,
        "next_attempt_at": receipt.next_attempt_at,
        "error": receipt.error_text,
        "return_due": receipt.return_due_reason,
    }
