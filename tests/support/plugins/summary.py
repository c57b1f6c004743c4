"""At the end of a run: of each tier how many passed, failed and were skipped, why, and what it took."""

import os
import resource
from collections.abc import Generator
from dataclasses import dataclass, field

import pytest

from tests.support.plugins.tiers import TIERS, find_tier

_ROW = "{:<12} {:>6} {:>6} {:>7} {:>12} {:>12}"


@dataclass
class Tier:
    passed: int = 0
    failed: int = 0
    cpu: float = 0.0
    began: float = float("inf")
    ended: float = 0.0
    skipped: dict[str, int] = field(default_factory=dict)

    def count(self, report: pytest.TestReport) -> None:
        self.began, self.ended = min(self.began, report.start), max(self.ended, report.stop)
        self.cpu += getattr(report, "cpu_seconds", 0.0)
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
        self._cpu_before = read_cpu_seconds()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """What this process has used since its last report, with the processes that ended meanwhile."""
        report = yield
        now = read_cpu_seconds()
        report.cpu_seconds, self._cpu_before = now - self._cpu_before, now
        return report

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
        """A row each; tiers run side by side, so their seconds overlap."""
        lines = [_ROW.format("", "passed", "failed", "skipped", "from - to, s", "CPU, s")]
        first = min(tier.began for tier in self._tiers.values())
        for name in TIERS:
            if (tier := self._tiers.get(name)) is not None:
                span = f"{tier.began - first:.0f} - {tier.ended - first:.0f}"
                skipped = sum(tier.skipped.values())
                lines.append(_ROW.format(name, tier.passed, tier.failed, skipped, span, f"{tier.cpu:.0f}"))
        lines += [
            f"skipped, {name}: {count} x {reason}"
            for name, tier in self._tiers.items()
            for reason, count in tier.skipped.items()
        ]
        # With the servers that live as long as the run, and what the tests' processes took to begin.
        lines.append(f"CPU of everything: {read_cpu_seconds():.0f} s on {os.cpu_count()} cores")
        return lines


def read_cpu_seconds() -> float:
    """Of this process and of those it started that have ended, theirs included."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
