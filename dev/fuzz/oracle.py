"""What every answer has to be, and what has to be in the database after it."""

from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import Connection, text

from dev.fuzz.shots import COMPANY, LONG_LIST, Shot, make_visit
from dev.fuzz.wire import Answer

_STORED = text("SELECT id FROM webhook_records WHERE id = ANY(:ids)")
_VALID = text(
    "SELECT resource_id, array_agg(state) AS states, min(body::text)::jsonb AS body FROM webhook_records "
    "WHERE company_id = :company AND resource = 'record' AND resource_id = ANY(:ids) GROUP BY resource_id"
)


def judge(shot: Shot, answer: Answer) -> str | None:
    """What is wrong with the answer, None when nothing is."""
    body = answer.body
    if answer.status not in shot.statuses:
        return f"{answer.status} where {' or '.join(map(str, sorted(shot.statuses)))} was due: {str(body)[:200]}"
    if not answer.content_type.startswith("application/json") or not isinstance(body, dict):
        return f"the answer is {answer.content_type or 'of no type'}, {type(body).__name__}"
    problem = _find_fault(body)
    if problem:
        return problem
    if answer.status not in {200, 422}:
        return "a refusal says success" if body["success"] else None
    if shot.is_list:
        return _judge_list(shot, answer)
    if not isinstance(body.get("record_id"), int):
        return "no record_id"
    return None if body["success"] is (answer.status == 200) else "success and status disagree"


def find_ids(answer: Answer) -> list[int]:
    """Rows the answer promises."""
    if answer.status not in {200, 422}:
        return []
    results = answer.body.get("results", [answer.body])
    return [result["record_id"] for result in results if result.get("record_id") is not None]


def _find_fault(body: Mapping[str, Any]) -> str | None:
    if not isinstance(body.get("success"), bool):
        return "no success"
    if not isinstance(body.get("message"), str) or not body["message"]:
        return "no message"
    return None


def _judge_list(shot: Shot, answer: Answer) -> str | None:
    results = answer.body.get("results")
    if answer.status == 422 and (shot.count or 0) > LONG_LIST and results is None:
        return None
    if not isinstance(results, list) or len(results) != shot.count:
        return f"{shot.count} envelopes, results: {str(results)[:100]}"
    for place, result in enumerate(results):
        problem = _find_fault(result)
        if problem or not isinstance(result.get("record_id"), int):
            return f"result {place}: {problem or 'no record_id'}"
    refused = [place for place in shot.valid if not results[place]["success"]]
    if refused:
        return f"valid neighbours were refused: {[results[place] for place in refused]}"
    taken = sum(result["success"] for result in results)
    if (answer.status == 200) is not bool(taken) or answer.body["success"] is not (0 < taken == len(results)):
        return f"{taken} of {len(results)} taken, yet {answer.status} and success {answer.body['success']}"
    return None


def find_missing(connection: Connection, ids: Collection[int]) -> list[str]:
    """Promised rows that are not there."""
    found = set(connection.scalars(_STORED, {"ids": list(ids)}))
    return [f"row {row_id} was promised and is not stored" for row_id in set(ids) - found]


def find_lost(connection: Connection, records: Collection[int]) -> list[str]:
    """Valid bodies that are not stored once, word for word, ready to be worked on."""
    rows = connection.execute(_VALID, {"company": COMPANY, "ids": list(records)})
    found = {row.resource_id: (row.states, row.body) for row in rows}
    return [
        f"record {record}: {found.get(record)}"
        for record in records
        if found.get(record) != (["received"], make_visit(record))
    ]
