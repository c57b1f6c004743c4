"""What a run found, for people (a table) and for programs (JSON)."""

import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from dev.chaos.lanes import Injection
from dev.harness.oracle import Verdict
from dev.harness.report import show_table

HEADINGS = ("fault", "times", "receipts touched", "issued", "recovery s", "worst s")


@dataclass
class Result:
    seed: int
    scopes: Sequence[str]
    workers: int
    cores: int
    verdict: Verdict
    # Of a worker that was frozen longer than its lease: known and harmless, see docs/reliability.md.
    late_overlaps: int
    injections: list[Injection]
    missed: list[str]
    issued_at: dict[str, float]
    due: int
    recorded: int
    deliveries: int
    answers: dict[str, int]
    seconds: float
    settle_seconds: float

    @property
    def is_clean(self) -> bool:
        return self.verdict.is_clean

    def build_rows(self) -> list[tuple[object, ...]]:
        """One row a fault, in the order of their names; `recovery` is the median."""
        by_name: defaultdict[str, list[Injection]] = defaultdict(list)
        for injection in self.injections:
            by_name[injection.fault.name].append(injection)
        return [(name, *self._sum_up(by_name[name])) for name in sorted(by_name)]

    def _sum_up(self, injections: Sequence[Injection]) -> tuple[object, ...]:
        touched = [number for injection in injections for number in injection.effect.touched]
        measured = [injection.measure_recovery(self.issued_at) for injection in injections]
        times = [seconds for seconds in measured if seconds is not None]
        figures = (f"{statistics.median(times):.1f}", f"{max(times):.1f}") if times else ("-", "-")
        return (len(injections), len(touched), sum(number in self.issued_at for number in touched), *figures)

    def format(self) -> str:
        lines = [show_table(HEADINGS, self.build_rows()), ""]
        if self.missed:
            lines.append(f"found nothing to break, or no time: {', '.join(self.missed)}")
        answers = ", ".join(f"{answer} x {count}" for answer, count in sorted(self.answers.items()))
        lines += [
            f"seed {self.seed}, scope {' then '.join(self.scopes)}, {self.workers} workers, {self.cores} cores",
            f"{self.seconds:.0f} s; settled {self.settle_seconds:.0f} s after the last fault and the last delivery",
            f"{self.deliveries} deliveries accepted; the last answers to each: {answers}",
            f"{self.due} receipts due, {self.recorded} recorded (refunded ones may be among them)",
        ]
        if self.late_overlaps:
            lines.append(f"{self.late_overlaps} call(s) of a woken worker were refused as overlapping, as designed")
        return "\n".join([*lines, self.verdict.format()])

    def as_json(self) -> dict[str, Any]:
        return {
            **{name: value for name, value in vars(self).items() if name != "issued_at"},
            "verdict": self.verdict.as_json(),
            "faults": [dict(zip(HEADINGS, row, strict=True)) for row in self.build_rows()],
            "injections": [self._injection_as_json(injection) for injection in self.injections],
        }

    def _injection_as_json(self, injection: Injection) -> dict[str, Any]:
        return {
            "fault": injection.fault.name,
            "scope": injection.scope,
            "lasted": injection.effect.ended_at - injection.began_at,
            "touched": sorted(injection.effect.touched),
            "recovery": injection.measure_recovery(self.issued_at),
        }
