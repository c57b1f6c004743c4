"""Finds Altegio's ids of services that a desk sale names: receipts do not carry them, and a salon may tax by them."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import text
from sqlalchemy.orm import Session

from worker.receipt.lines import Line
from worker.receipt.vat import VatRegime

# So many visits back.
_VISITS = 400
_TOLD = text(
    """
    WITH latest AS (
        SELECT delivery_id FROM visits WHERE company_id = :company ORDER BY record_id DESC LIMIT :visits
    ), told AS (
        SELECT body->'data'->'services' AS services
        FROM webhook_records JOIN latest ON latest.delivery_id = webhook_records.id
    )
    SELECT service->>'title' AS title, min(service->>'id') AS id
    FROM told CROSS JOIN LATERAL jsonb_array_elements(
        CASE jsonb_typeof(services) WHEN 'array' THEN services ELSE '[]' END
    ) AS service
    WHERE service->>'title' = ANY(:titles) AND service->>'id' ~ '^[0-9]{1,18}$'
    GROUP BY 1 HAVING count(DISTINCT service->>'id') = 1
    """
)


def add_service_ids(session: Session, company_id: int, vat: VatRegime, lines: Sequence[Line]) -> list[Line]:
    """Returns the lines with the ids that visits told of services of these titles, where ids decide about the VAT.

    A title that several services have tells none of them.
    """
    titles = [line.name for line in lines if line.is_service and line.item_id is None]
    if not titles or not any(known_by.startswith("service:") for known_by in vat.lines):
        return list(lines)
    found = session.execute(_TOLD, {"company": company_id, "visits": _VISITS, "titles": titles})
    ids = {title: int(number) for title, number in found}
    return [replace(line, item_id=ids.get(line.name, line.item_id)) if line.is_service else line for line in lines]
