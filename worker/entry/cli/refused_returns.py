"""Lists refused returns among deliveries: no delivery of Altegio stands for them."""

from typing import Any

from sqlalchemy.orm import Session

from shared.fiscal.statuses import ReceiptState, RecordState
from shared.storage.refused_returns import select_refused_returns
from worker.entry.cli.receipt_queries import Filters

# They wait for a person, as dead letters do.
_STATES = (None, RecordState.DEAD_LETTERED, ReceiptState.REJECTED)


def list_refused_returns(session: Session, filters: Filters) -> list[dict[str, Any]]:
    """Returns refused returns as rows of the same columns as `list_deliveries`, newest first; they have no `id`."""
    if filters.state not in _STATES:
        return []
    rows = [_describe(row) for row in session.execute(select_refused_returns())]
    return [row for row in rows if _is_wanted(row, filters)][: filters.limit]


def _is_wanted(row: dict[str, Any], filters: Filters) -> bool:
    return (
        filters.code in (None, row["code"])
        and filters.company in (None, row["company_id"])
        and filters.cashbox in (None, row["cashbox"])
        and (filters.since is None or row["created_at"] >= filters.since)
        and (filters.until is None or row["created_at"] < filters.until)
    )


def _describe(row: Any) -> dict[str, Any]:
    receipt = {
        "id": row.return_id,
        "state": ReceiptState.REJECTED,
        "external_check_number": row.external_check_number,
        "total": row.return_total,
        "attempts": row.attempts,
        "error": row.error_text,
    }
    return {
        "id": None,
        "company_id": row.company_id,
        "resource": "return",
        "resource_id": row.record_id or row.document_id,
        "status": None,
        "state": ReceiptState.REJECTED,
        "reason": f"{row.external_check_number}: {row.error_text}" if row.return_id is not None else row.refusal,
        "code": row.error_code,
        "created_at": row.created_at,
        "processed_at": None,
        "cashbox": row.unique_number,
        "receipt": receipt if row.return_id is not None else None,
    }
