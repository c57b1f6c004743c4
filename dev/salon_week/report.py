"""What a run found, for people (a table) and for programs (JSON)."""

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from dev.salon_week.judge import Line
from dev.salon_week.run import Result

COLUMNS = tuple(field.name for field in fields(Line))
COUNTED = COLUMNS[2:]
PROBLEMS_SHOWN = 40


def format_table(lines: Sequence[Line]) -> str:
    """A row for each salon and situation, one for each salon, and one for all."""
    rows: list[tuple[str, ...]] = [("salon", "situation", *COUNTED)]
    for company in sorted({line.company_id for line in lines}):
        own = [line for line in lines if line.company_id == company]
        rows += [_build_row(str(company), line.story, [line]) for line in own]
        rows.append(_build_row(str(company), "together", own))
    rows.append(_build_row("all", "together", lines))
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    shown = [_align(row, widths) for row in rows]
    return "\n".join([shown[0], "  ".join("-" * width for width in widths), *shown[1:]])


def _build_row(salon: str, situation: str, lines: Sequence[Line]) -> tuple[str, ...]:
    sums = (sum(getattr(line, name) for line in lines) for name in COUNTED)
    return (salon, situation, *(str(number) if number else "." for number in sums))


def _align(row: Sequence[str], widths: Sequence[int]) -> str:
    words = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
    numbers = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
    return "  ".join([*words, *numbers]).rstrip()


def format_result(result: Result) -> str:
    verdict, options = result.verdict, result.options
    calls = ", ".join(f"{name} {count}" for name, count in sorted(result.calls.items()))
    lines = [
        format_table(verdict.lines),
        "",
        f"seed {options.seed}, {options.companies} salons, {options.days} days, {options.workers} workers",
        f"{result.seconds:.0f} s; {result.webhooks} webhooks posted, {result.dropped} lost on the way",
        f"{result.caught_up} deliveries that never came were taken over from Altegio",
        f"calls of Altegio: {calls}",
        *(f"  {problem}" for problem in verdict.problems[:PROBLEMS_SHOWN]),
    ]
    more = len(verdict.problems) - PROBLEMS_SHOWN
    lines += [f"  and {more} more"] if more > 0 else []
    lines.append("CLEAN" if verdict.is_clean else "NOT CLEAN")
    return "\n".join(lines)


def as_json(result: Result) -> dict[str, Any]:
    return {
        **asdict(result.options),
        "seconds": round(result.seconds, 1),
        "webhooks": result.webhooks,
        "dropped": result.dropped,
        "caught_up": result.caught_up,
        "calls": result.calls,
        "lines": [asdict(line) for line in result.verdict.lines],
        "problems": result.verdict.problems,
        "is_clean": result.verdict.is_clean,
    }
