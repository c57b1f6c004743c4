"""What was written back into Altegio: every receipt in force named once in its visit, what the desk took booked once."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from dev.harness.altegio import AltegioControl
from dev.harness.tables import Tables
from dev.simulator.altegio.bodies import Body
from dev.simulator.altegio.week import Week

# Where each salon has its visits name their receipts.
PLACES: Mapping[int, str] = {307001: "comment", 307002: "field:fiscal", 307003: "comment"}
_SALES = """
    SELECT company_id, record_id, external_check_number, fiscal_number, returned FROM receipts
     WHERE kind = 'sale' AND state = 'issued' AND record_id IS NOT NULL
"""
_OPEN = """
    SELECT 'visit ' || record_id || ' is to be written: ' || coalesce(error_text, '') FROM visit_marks
     WHERE state IN ('open', 'written')
    UNION ALL
    SELECT 'booking ' || key || ' is open: ' || coalesce(error_text, '') FROM desk_bookings WHERE state = 'open'
"""
_TOLD = "SELECT kind || ': ' || text FROM alerts WHERE kind IN ('not_written_back', 'not_booked')"
# Seconds from the register's answer to the line in the visit, where a visit has one receipt.
_SECONDS = """
    SELECT extract(epoch FROM marks.written_at - min(calls.finished_at)) FROM visit_marks marks
      JOIN receipts ON receipts.company_id = marks.company_id AND receipts.record_id = marks.record_id
      JOIN fiscalization_logs calls ON calls.receipt_id = receipts.id AND calls.outcome IN ('issued', 'duplicate')
     WHERE marks.receipts = 1 AND marks.written_at IS NOT NULL GROUP BY marks.id, marks.written_at
"""


def list_unwritten(tables: Tables) -> list[str]:
    """What is still to be written; one line each."""
    return [line for (line,) in tables.ask(_OPEN)]


def find_unnamed(tables: Tables, altegio: AltegioControl, week: Week) -> list[str]:
    """Receipts in force that their visit does not name once, and returned ones that it names. Of a deleted visit nothing
    is expected.
    """
    records = {
        (salon.company_id, row["id"]): row for salon in week.salons for row in altegio.list_rows("record", salon.company_id)
    }
    found = []
    for company_id, record_id, number, fiscal_number, returned in tables.ask(_SALES):
        record = records.get((company_id, record_id))
        if record is None or record.get("deleted"):
            continue
        times, wanted = _read(record, PLACES[company_id]).count(f"№ {fiscal_number}"), int(not returned)
        if times != wanted:
            found.append(f"{number}: named {times} times, and not {wanted}")
    return found


def _read(record: Body, place: str) -> str:
    fields: Any = record.get("custom_fields") or {}
    return str((fields.get(place.removeprefix("field:")) if place.startswith("field:") else record.get("comment")) or "")


def find_unbooked(tables: Tables, altegio: AltegioControl, week: Week) -> list[str]:
    """What the desk took and Altegio does not have once, on an account of its kind."""
    kinds: dict[int, str] = {till.id: till.kind for salon in week.salons for till in salon.tills.all}
    money = [row for salon in week.salons for row in altegio.list_money(salon.company_id)]
    ours = [row for row in money if "wk-" in str(row["comment"]) and not row["deleted"]]
    booked: Counter[tuple[str | None, int]] = Counter((kinds.get(row["account"]["id"]), _find_record(row)) for row in ours)
    anew = {int(one.external_check_number.split("_")[1]): one.kind for one in week.corrections}
    wanted: Counter[tuple[str | None, int]] = Counter(
        (anew.get(one.record_id, one.kind), one.record_id) for one in week.desk
    )
    return [f"desk payment of {record} by {kind}: booked {booked[kind, record]} times" for kind, record in {*booked, *wanted}
            if booked[kind, record] != wanted[kind, record]]  # fmt: skip


def _find_record(row: Body) -> int:
    words = str(row["comment"]).replace(",", " ").split()
    return next((int(word) for word in words if word.isdecimal()), 0)


def list_told(tables: Tables) -> list[str]:
    """What people were told of it."""
    return [line for (line,) in tables.ask(_TOLD)]


def measure_seconds(tables: Tables) -> Sequence[float]:
    return sorted(float(seconds) for (seconds,) in tables.ask(_SECONDS))
