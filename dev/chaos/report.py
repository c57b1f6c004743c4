"""What a run found, for people (a table) and for programs (JSON)."""

import statistics
from collections.abc import Sequence
from typing import Any

from dev.chaos.lanes import Injection
from dev.chaos.run import Result

HEADINGS = ("fault", "times", "receipts touched", "issued", "recovery s", "worst s")


def build_rows(result: Result) -> list[tuple[str, ...]]:
    """One row a fault, in the order of their names; `recovery` is the median."""
    names = sorted({injection.fault.name for injection in result.injections})
    return [_build_row(name, [i for i in result.injections if i.fault.name == name], result) for name in names]


def _build_row(name: str, injections: Sequence[Injection], result: Result) -> tuple[str, ...]:
    touched = [number for injection in injections for number in injection.effect.touched]
    measured = [injection.measure_recovery(result.issued_at) for injection in injections]
    times = [seconds for seconds in measured if seconds is not None]
    issued = sum(number in result.issued_at for number in touched)
    median = f"{statistics.median(times):.1f}" if times else "-"
    worst = f"{max(times):.1f}" if times else "-"
    return (name, str(len(injections)), str(len(touched)), str(issued), median, worst)


def format_table(rows: Sequence[Sequence[str]]) -> str:
    lines = [HEADINGS, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]

    def show(line: Sequence[str]) -> str:
        first, *numbers = (cell.ljust(widths[0]) if i == 0 else cell.rjust(widths[i]) for i, cell in enumerate(line))
        return "  ".join([first, *numbers]).rstrip()

    return "\n".join([show(HEADINGS), "  ".join("-" * width for width in widths), *map(show, rows)])


def format_result(result: Result) -> str:
    verdict, options = result.verdict, result.options
    lines = [format_table(build_rows(result)), ""]
    if result.missed:
        lines.append(f"found nothing to break, or no time: {', '.join(result.missed)}")
    answers = ", ".join(f"{answer} x {count}" for answer, count in sorted(result.answers.items()))
    lines += [
        f"seed {options.seed}, scope {' then '.join(options.scopes)}, {options.workers} workers, {result.cores} cores",
        f"{result.seconds:.0f} s; settled {result.settle_seconds:.0f} s after the last fault and the last delivery",
        f"{result.posts} deliveries accepted; the last answers to each: {answers}",
        f"{result.due} receipts due, {result.recorded} recorded (refunded ones may be among them)",
        "  ".join(f"{name} {count}" for name, count in verdict.counts.items()),
    ]
    if verdict.late_overlaps:
        lines.append(f"{verdict.late_overlaps} call(s) of a woken worker were refused as overlapping, as designed")
    for name, items in verdict.lists.items():
        lines += [f"  {name}: {item}" for item in items[:20]]
    lines.append("CLEAN" if verdict.is_clean else "NOT CLEAN")
    return "\n".join(lines)


def as_json(result: Result) -> dict[str, Any]:
    verdict, options = result.verdict, result.options
    return {
        "seed": options.seed,
        "scopes": list(options.scopes),
        "workers": options.workers,
        "cores": result.cores,
        "seconds": round(result.seconds, 1),
        "due": result.due,
        "recorded": result.recorded,
        "deliveries": result.posts,
        "answers": result.answers,
        "settle_seconds": round(result.settle_seconds, 1),
        "counts": verdict.counts,
        "late_overlaps": verdict.late_overlaps,
        "problems": verdict.lists,
        "missed": result.missed,
        "faults": [dict(zip(HEADINGS, row, strict=True)) for row in build_rows(result)],
        "injections": [_injection_as_json(injection, result) for injection in result.injections],
    }


def _injection_as_json(injection: Injection, result: Result) -> dict[str, Any]:
    recovery = injection.measure_recovery(result.issued_at)
    return {
        "fault": injection.fault.name,
        "scope": injection.scope,
        "lasted": round(injection.effect.ended_at - injection.began_at, 2),
        "touched": sorted(injection.effect.touched),
        "recovery": None if recovery is None else round(recovery, 2),
    }
