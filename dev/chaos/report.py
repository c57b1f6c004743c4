"""What a run found: a table of the faults and the verdict of the oracle."""

import os
import statistics
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from dev.chaos.lanes import Injection
from dev.chaos.mail import describe_delays
from dev.chaos.options import Options
from dev.harness.oracle import Verdict
from dev.harness.report import show_table

HEADINGS = ("fault", "times", "receipts touched", "issued", "recovery s", "worst s")


@dataclass
class Result:
    options: Options
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
    mails: int
    # Seconds from issue to mailbox, where the mail server was well and nobody was killed.
    delays: list[float]
    seconds: float
    settle_seconds: float
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)
    faults: list[dict[str, object]] = field(init=False)

    def __post_init__(self) -> None:
        self.faults = [dict(zip(HEADINGS, row, strict=True)) for row in self._build_rows()]

    @property
    def is_clean(self) -> bool:
        return self.verdict.is_clean

    def _build_rows(self) -> list[tuple[object, ...]]:
        """One row a fault, in the order of their names; `recovery` is the median."""
        by_name: defaultdict[str, list[Injection]] = defaultdict(list)
        for injection in self.injections:
            by_name[injection.fault].append(injection)
        return [(name, *self._sum_up(by_name[name])) for name in sorted(by_name)]

    def _sum_up(self, injections: Sequence[Injection]) -> tuple[object, ...]:
        touched = [number for injection in injections for number in injection.effect.touched]
        times = [injection.recovery for injection in injections if injection.recovery is not None]
        figures = (f"{statistics.median(times):.1f}", f"{max(times):.1f}") if times else ("-", "-")
        return (len(injections), len(touched), sum(number in self.issued_at for number in touched), *figures)

    def format(self) -> str:
        options, lines = self.options, [show_table(HEADINGS, [tuple(fault.values()) for fault in self.faults]), ""]
        if self.missed:
            lines.append(f"found nothing to break, or no time: {', '.join(self.missed)}")
        answers = ", ".join(f"{answer} x {count}" for answer, count in sorted(self.answers.items()))
        lines += [
            f"seed {options.seed}, scope {' then '.join(options.scopes)}, {options.workers} workers, {self.cores} cores",
            f"{self.seconds:.0f} s; settled {self.settle_seconds:.0f} s after the last fault and the last delivery",
            f"{self.deliveries} deliveries accepted; the last answers to each: {answers}",
            f"{self.due} receipts due, {self.recorded} recorded (refunded ones may be among them)",
        ]
        lines.append(f"{self.mails} mails in customers' mailboxes")
        if self.delays:
            lines.append(describe_delays(self.delays))
        if self.late_overlaps:
            lines.append(f"{self.late_overlaps} call(s) of a woken worker were refused as overlapping, as designed")
        return "\n".join([*lines, self.verdict.format()])
