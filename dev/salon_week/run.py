"""One run: a week, act by act. An act ends when everything in it has ended by itself; then the books are compared."""

import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from dev.chaos.world import CASHBOXES
from dev.demo.waiting import WaitTimeout, wait_until
from dev.salon_week.judge import Verdict, find_amiss, judge
from dev.salon_week.ledgers import Tables
from dev.salon_week.posting import Act, Postman, plan_week, split_acts
from dev.salon_week.world import SalonWorld
from dev.simulator.altegio.week import Week, find_act, generate_week

# The regimes a chain can mix: no payer of VAT, one at today's rate, one at a rate of its own.
VATS = ("auto", "none", "12")
# As in production, only shorter: nobody waits minutes for a week that is lived in minutes.
ENVIRONMENT = {
    "DISPATCH_INTERVAL_SECONDS": "1",
    "RECONCILE_INTERVAL_SECONDS": "10",
    "RETRY_BASE_SECONDS": "0.5",
    "RETRY_CAP_SECONDS": "5",
    "GOODS_WAIT_SECONDS": "1",
    "PAYMENT_WAIT_SECONDS": "1",
    "PAYMENT_KINDS": "Kaspi=mobile",
}
SETTLE_SECONDS = 600.0


@dataclass(frozen=True)
class Options:
    seed: int = 1
    companies: int = 3
    days: int = 7
    visits: int = 12
    drop: float = 0.05
    workers: int = 2
    # An act in which nothing has moved for so long is given up, and what it lacks is shown at the end.
    patience: float = 60.0
    # Share of the calls to Altegio that fail, and what its simulator does otherwise than by default.
    trouble: float = 0.0
    altegio: dict[str, Any] = field(default_factory=dict)
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Result:
    options: Options
    verdict: Verdict
    webhooks: int
    dropped: int
    caught_up: int
    calls: dict[str, int]
    seconds: float


class Run:
    def __init__(self, options: Options, folder: Path) -> None:
        self._options = options
        self._week: Week = generate_week(
            options.seed, companies=options.companies, vats=VATS, days=options.days, visits=options.visits
        )
        self._plan = plan_week(self._week, options.seed, options.drop)
        environment = ENVIRONMENT | options.environment
        self._world = SalonWorld(folder, self._week.salons, workers=options.workers, environment=environment)
        self._tables = Tables(self._world.postgres)
        self._postman = Postman(self._world.webhook_url, self._world.office)
        # What an earlier act lacks is waited for once only.
        self._given_up: set[str] = set()
        self._started_at = time.monotonic()

    def run(self) -> Result:
        """Raises when the run itself fails; what the service did wrong is in the verdict."""
        acts = split_acts(self._week, self._plan)
        with ExitStack() as opened:
            opened.callback(self._world.close)
            self._world.start()
            self._world.office.change(**self._options.altegio)
            self._world.office.order_trouble(self._options.trouble, self._options.seed)
            for number, act in enumerate(acts, start=1):
                self._postman.post(act)
                left = self._settle(act)
                self._tell(f"act {number}/{len(acts)}", left)
            return self._conclude()

    def _settle(self, act: Act) -> list[str]:
        """What is still amiss when everything is right, or when nothing has moved any more."""
        last: list[str] = []
        moved_at = time.monotonic()

        def is_over() -> bool:
            nonlocal last, moved_at
            self._world.revive()
            left = self._list_left(act)
            if left != last:
                last, moved_at = left, time.monotonic()
            return not left or time.monotonic() - moved_at > self._options.patience

        try:
            wait_until(is_over, timeout=SETTLE_SECONDS, what="the act to end", poll=0.5)
        except WaitTimeout as problem:
            last = [str(problem), *last]
        self._given_up |= set(last)
        return last

    def _list_left(self, act: Act) -> list[str]:
        """What has to come yet of all that happened until the end of this act."""
        left = self._tables.list_open()
        issued, flags = self._tables.list_issued(), self._tables.find_flags()
        for receipt in self._week.books.receipts:
            number = receipt.external_check_number
            if not _has_happened(act, receipt.due_at):
                continue
            if number not in issued:
                left += [f"{number} is not issued"] if receipt.is_certain else []
            elif receipt.turned_at is None or _has_happened(act, receipt.turned_at):
                amiss = find_amiss(receipt, flags.get(number, ()))
                left += [f"{number} {amiss}"] if amiss else []
        return [one for one in left if one not in self._given_up]

    def _conclude(self) -> Result:
        ledger = self._world.register.receipts()
        verdict = judge(self._week.books, ledger, self._tables.find_flags(), self._plan.dropped, CASHBOXES)
        calls = self._world.office.count_calls()
        verdict.problems += [f"still open: {one}" for one in self._tables.list_open()]
        verdict.problems += [f"given up: {one}" for one in self._tables.list_failed()]
        verdict.problems += [f"refused: {one}" for one in self._postman.refused]
        verdict.problems += [f"ended by itself: {name}" for name in self._world.deaths]
        verdict.problems += [f"{count} calls over Altegio's limits" for count in [calls["refused"]] if count]
        overlaps = self._world.register.count_overlaps()
        verdict.problems += [f"{overlaps} overlapping calls on a cashbox"] if overlaps else []
        return Result(
            options=self._options,
            verdict=verdict,
            webhooks=self._postman.posted,
            dropped=len(self._plan.dropped),
            caught_up=self._tables.count_caught_up(),
            calls=calls,
            seconds=time.monotonic() - self._started_at,
        )

    def _tell(self, what: str, left: Sequence[str]) -> None:
        seconds = time.monotonic() - self._started_at
        issued = len(self._tables.list_issued())
        lacking = f", lacking {len(left)}: {left[0]}" if left else ""
        print(
            f"{seconds:4.0f} s  {what}  posted {self._postman.posted}  issued {issued}{lacking}", file=sys.stderr, flush=True
        )


def _has_happened(act: Act, at: datetime) -> bool:
    return find_act(at) <= act.key
