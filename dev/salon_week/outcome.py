"""What a run is told, and what it found: the table of the week, and its money in the words of a salon."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from dev.harness import command
from dev.harness.command import option
from dev.harness.oracle import Verdict
from dev.salon_week.lines import Counts, show_lines
from dev.salon_week.money import Account, describe_explained, show_accounts
from dev.simulator.altegio.week import CostToPay

SOON_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Options(command.Options):
    companies: int = option(3, "salons (3)", choices=(1, 2, 3))
    days: int = option(7, "(7)")
    visits: int = option(12, "of one salon in one day (12)")
    first: str = option("", "day, such as 2026-03-02: with it a seed repeats the week to the byte (it ends yesterday)")
    drop: float = option(0.05, "share of webhooks that are lost, 0..1 (0.05)")
    workers: int = option(2, "(2)")
    patience: float = option(60.0, "seconds without a change until an act is given up")
    returns: str = option("manual", "RETURN_POLICY of the service (manual)", choices=("manual", "auto"))
    cost_to_pay: CostToPay = option("both", "what it does when no money pays (both)", choices=("both", "falls", "stays"))
    write_back: str = option("off", "visits name their receipts, and desk payments are booked (off)", choices=("off", "on"))
    trouble: float = option(0.0, "share of the calls to Altegio that fail, 0..1 (0)")
    altegio: str = option("{}", """settings of its simulator: '{"no_rights": ["transactions"]}'""")
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Result:
    options: Options
    verdict: Verdict
    lines: dict[str, Counts]
    accounts: list[Account]
    open_items: int
    webhooks: int
    dropped: int
    caught_up: int
    calls: dict[str, int]
    memory: dict[str, float]
    written: Sequence[float]
    seconds: float

    @property
    def is_clean(self) -> bool:
        return self.verdict.is_clean

    def format(self) -> str:
        options = self.options
        return "\n".join(
            [
                show_lines(self.lines),
                "",
                f"seed {options.seed}, {options.companies} salons, {options.days} days, {options.workers} workers",
                f"{self.seconds:.0f} s; {self.webhooks} webhooks posted, {self.dropped} lost on the way",
                f"{self.caught_up} deliveries that never came were taken over from Altegio",
                show_accounts(self.accounts),
                f"calls of Altegio: {', '.join(f'{name} {count}' for name, count in sorted(self.calls.items()))}",
                f"memory at the end, PSS: {', '.join(f'{name} {size:.0f} MB' for name, size in self.memory.items())}",
                self._say_written(),
                self._sum_up(),
                self.verdict.format(),
            ]
        )

    def _say_written(self) -> str:
        """How soon after its receipt a visit named it: the week is lived in minutes, so limits hold it up."""
        if not self.written:
            return "nothing was written back"
        soon = sum(seconds <= SOON_SECONDS for seconds in self.written)
        middle, last = self.written[len(self.written) // 2], self.written[-1]
        return (
            f"{len(self.written)} visits written, {soon} within 5 s of the receipt; median {middle:.1f} s, last {last:.1f} s"
        )

    def _sum_up(self) -> str:
        """In the words of whoever wants to know whether a salon's money is right."""
        count = Counter[str]()
        for line in self.lines.values():
            count.update(line)
        wrong = [one.what for one in self.verdict.findings if one.column == "wrong"]
        figures = {
            "due": count["due"],
            "issued": count["issued"],
            "missing": self.verdict.count("missing"),
            "extra": self.verdict.count("extra") + self.verdict.count("doubled"),
            "wrong kind": sum("kinds " in what for what in wrong),
            "wrong VAT": sum("tax " in what for what in wrong),
            "open items": self.open_items,
            "not listed": self.verdict.count("unlisted"),
        }
        return f"{', '.join(f'{name} {figure}' for name, figure in figures.items())}; {describe_explained(self.accounts)}"
