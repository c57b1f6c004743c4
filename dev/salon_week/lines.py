"""The week as a table: a row for each salon and situation, one for each salon, and one for all."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import groupby

from dev.harness.oracle import COLUMNS, Evidence, Verdict
from dev.harness.posting import find_number
from dev.harness.report import show_table
from dev.simulator.altegio.bodies import Envelope
from dev.simulator.altegio.books import DueReceipt

Counts = Counter[str]
FOUND = tuple(COLUMNS)
# `turned`: receipts that a manager has to look at; `recovered`: lost webhooks of what came out right all the same.
COUNTED = ("due", "issued", *FOUND, "turned", "flagged", "dropped", "recovered")


def count_lines(evidence: Evidence, verdict: Verdict, dropped: Sequence[Envelope] = ()) -> dict[str, Counts]:
    """By salon and situation, as in `307001 plain`."""
    lines: defaultdict[str, Counts] = defaultdict(Counter)
    owners = {entry.external_check_number: entry for entry in [*evidence.books.receipts, *evidence.books.not_due]}

    def find_line(number: str) -> Counts:
        owner = owners.get(number)
        return lines[f"{owner.company_id} {owner.story}" if owner else "0 of nobody"]

    for number, owner in owners.items():
        line, is_issued = find_line(number), number in evidence.rows
        if isinstance(owner, DueReceipt):
            line["due"] += owner.is_certain
            line["issued"] += is_issued
            line["turned"] += owner.turn is not None and is_issued
            line["flagged"] += bool(evidence.flags.get(number))
    for finding in verdict.findings:
        if finding.column in FOUND:
            find_line(finding.number)[finding.column] += 1
    spoilt = {finding.number for finding in verdict.findings}
    for number in filter(None, map(find_number, dropped)):
        find_line(number)["dropped"] += 1
        find_line(number)["recovered"] += number not in spoilt
    return dict(sorted(lines.items()))


def show_lines(lines: dict[str, Counts]) -> str:
    rows: list[Sequence[object]] = []
    for salon, own in groupby(lines, key=lambda place: place.split()[0]):
        places = list(own)
        rows += [_show_row(place, [lines[place]]) for place in places]
        rows.append(_show_row(f"{salon} together", [lines[place] for place in places]))
    rows.append(_show_row("all together", list(lines.values())))
    return show_table(["salon and situation", *COUNTED], rows)


def _show_row(place: str, lines: Sequence[Counts]) -> tuple[object, ...]:
    return (place, *(sum(line[name] for line in lines) or "." for name in COUNTED))
