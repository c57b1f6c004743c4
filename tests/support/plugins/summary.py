"""At the end of a run: of each tier how many passed, failed and were skipped, why, and what it took."""

import os
import resource
from dataclasses import dataclass, field

import pytest

from tests.support.plugins.tiers import TIERS, find_tier

_ROW = "{:<12} {:>6} {:>6} {:>7} {:>12} {:>13}"


@dataclass
class Tier:
    passed: int = 0
    failed: int = 0
    seconds: float = 0.0
    began: float = float("inf")
    ended: float = 0.0
    skipped: dict[str, int] = field(default_factory=dict)

    def count(self, report: pytest.TestReport) -> None:
        self.began, self.ended = min(self.began, report.start), max(self.ended, report.stop)
        self.seconds += report.duration
        if report.failed:
            self.failed += 1
        elif report.skipped:
            reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
            reason = reason.removeprefix("Skipped: ")
            self.skipped[reason] = self.skipped.get(reason, 0) + 1
        elif report.when == "call":
            self.passed += 1


class Summary:
    def __init__(self) -> None:
        self._tiers: dict[str, Tier] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if hasattr(report, "context"):  # of a subtest: its test has a report of its own
            return
        self._tiers.setdefault(find_tier(report.nodeid), Tier()).count(report)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._tiers:
            return
        terminalreporter.section("tiers")
        for line in self.describe():
            terminalreporter.write_line(line)

    def describe(self) -> list[str]:
        """A row each. Tiers and tests run side by side: their spans overlap, and a tier's tests may take longer than it."""
        lines = [_ROW.format("", "passed", "failed", "skipped", "from - to, s", "its tests, s")]
        first = min(tier.began for tier in self._tiers.values())
        for name in TIERS:
            if (tier := self._tiers.get(name)) is not None:
                span = f"{tier.began - first:.0f} - {tier.ended - first:.0f}"
                skipped = sum(tier.skipped.values())
                lines.append(_ROW.format(name, tier.passed, tier.failed, skipped, span, f"{tier.seconds:.0f}"))
        lines += [
            f"skipped, {name}: {count} x {reason}"
            for name, tier in self._tiers.items()
            for reason, count in tier.skipped.items()
        ]
        lines.append(f"CPU: {read_cpu_seconds():.0f} s on {os.cpu_count()} cores, of every process that has ended")
        return lines


def read_cpu_seconds() -> float:
    """Of this process and of those it started that have ended, theirs included."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
