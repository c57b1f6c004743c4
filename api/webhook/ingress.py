"""Takes in one request: reads the envelopes, stores them in one commit, says what became of each."""

import asyncio
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from prometheus_client import Counter

from api.webhook.envelopes import Arrival, read_arrivals
from api.webhook.salon_limit import SalonLimit
from api.webhook.security import ALL_SALONS, Scope
from api.webhook.status_link import StatusLinks
from api.webhook.store.batch_writer import GroupWriter
from api.webhook.store.batches import Stored
from api.webhook.store.log_lines import Journal
from shared.altegio import SUPPORTED_RESOURCES
from shared.fiscal.statuses import RecordState
from shared.metrics import WEBHOOKS

journal = Journal(__name__)

# A webhook has about 3 KB and is read faster than a thread is woken; a long list would make others wait.
READ_IN_LOOP_BYTES = 32_768
LOG_ONE_BY_ONE = 20


@dataclass(frozen=True, slots=True)
class Reply:
    """Holds what the sender is told. `accepted` is False when not one envelope could be taken."""

    accepted: bool
    body: dict[str, Any]


NO_LIMIT, NO_LINKS = SalonLimit(0), StatusLinks(())


async def accept(
    raw: bytes,
    request_id: str,
    writer: GroupWriter,
    limit: SalonLimit = NO_LIMIT,
    *,
    scope: Scope = ALL_SALONS,
    links: StatusLinks = NO_LINKS,
) -> Reply:
    """Stores the envelopes of a body and returns what became of each, committed, with a link that tells more later.

    Raises NotJson when there is nothing to store, ForeignSalon, SalonTooFast, and StoreUnavailable when it could not be
    stored.
    """
    if len(raw) < READ_IN_LOOP_BYTES:
        arrivals, is_list = read_arrivals(raw)
    else:
        arrivals, is_list = await asyncio.to_thread(read_arrivals, raw)
    scope.check(arrival.company_id for arrival in arrivals)
    limit.take(arrival.company_id for arrival in arrivals)
    stored = await writer.store(arrivals, request_id) if arrivals else []
    results = [_describe(arrival, row, links) for arrival, row in zip(arrivals, stored, strict=True)]
    _report(arrivals, stored, request_id)
    if is_list:
        return _reply_to_list(results)
    return Reply(accepted=not arrivals[0].is_invalid, body=results[0])


def _describe(arrival: Arrival, stored: Stored, links: StatusLinks) -> dict[str, Any]:
    invalid = arrival.is_invalid or stored.state == RecordState.INVALID
    result: dict[str, Any] = {
        "success": not invalid,
        "message": arrival.message if stored.is_new or invalid else "duplicate of a stored delivery",
        "record_id": stored.row_id,
        "status_url": links.make(stored.row_id),
    }
    if invalid:
        result |= {"error": arrival.message, "field": arrival.field}
    return result


def _reply_to_list(results: list[dict[str, Any]]) -> Reply:
    taken = [result for result in results if result["success"]]
    summary = {
        "success": bool(results) and len(taken) == len(results),
        "message": f"{len(taken)} of {len(results)} taken" if results else "the list is empty",
        "record_id": taken[0]["record_id"] if taken else None,
        "results": results,
    }
    return Reply(bool(taken), summary)


@lru_cache(maxsize=64)
def _find_counter(resource: str, outcome: str) -> Counter:
    return WEBHOOKS.labels(resource=resource, outcome=outcome)


def _report(arrivals: list[Arrival], stored: list[Stored], request_id: str) -> None:
    if len(arrivals) > LOG_ONE_BY_ONE:
        journal.note("webhook list", request_id=request_id, envelopes=len(arrivals), new=sum(row.is_new for row in stored))
    for arrival, row in zip(arrivals, stored, strict=True):
        outcome = arrival.state.value if row.is_new else "duplicate"
        resource = arrival.resource if arrival.resource in SUPPORTED_RESOURCES else "other"
        _find_counter(resource, outcome).inc()
        if len(arrivals) > LOG_ONE_BY_ONE:
            continue
        journal.note(
            "webhook",
            request_id=request_id,
            outcome=outcome,
            record_id=row.row_id,
            company_id=arrival.company_id,
            resource=arrival.resource,
            resource_id=arrival.resource_id,
            status=arrival.status,
            field=arrival.field,
        )
