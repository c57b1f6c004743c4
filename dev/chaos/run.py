"""One run: a world, a day, two lanes of trouble for each scope, peace, and the verdict."""

import os
import random
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from dev.chaos.lanes import Injection, Lane, run_side_by_side
from dev.chaos.machine_faults import build_machine_faults
from dev.chaos.monitor import Monitor
from dev.chaos.oracle import Verdict, judge
from dev.chaos.poster import Poster, disturb
from dev.chaos.trouble import Fault, Trouble
from dev.chaos.webkassa_faults import build_webkassa_faults
from dev.chaos.world import CASHBOXES, COMPANIES, World
from dev.demo.waiting import WaitTimeout, wait_until
from dev.simulator.altegio.day import Day, generate_day

LEASE_SECONDS = 10
READ_TIMEOUT = 3.0
# As in production, only shorter: so many faults on so few receipts would otherwise take hours.
ENVIRONMENT = {
    "LEASE_SECONDS": str(LEASE_SECONDS),
    "WEBKASSA_CONNECT_TIMEOUT": "2",
    "WEBKASSA_READ_TIMEOUT": str(READ_TIMEOUT),
    "DISPATCH_INTERVAL_SECONDS": "1",
    "RETRY_BASE_SECONDS": "0.5",
    "RETRY_CAP_SECONDS": "5",
    "GOODS_WAIT_SECONDS": "1",
    "PAYMENT_WAIT_SECONDS": "1",
    "WEBKASSA_VAT": "auto",
    "ALTEGIO_COMPANY_ID": ",".join(str(company) for company in COMPANIES if company not in CASHBOXES),
}
FAULT_NAMES = tuple(fault.name for fault in (*build_machine_faults(), *build_webkassa_faults()))
PROGRESS_SECONDS = 10.0
# A claim of a delivery ends after 60 s if its worker was killed in that millisecond.
SETTLE_SECONDS = 180.0


@dataclass(frozen=True)
class Options:
    seed: int = 1
    due: int = 500
    workers: int = 2
    scopes: tuple[str, ...] = ("cashbox", "shift")
    faults: tuple[str, ...] = ()
    minutes: float = 20.0
    # How long the next fault waits for the recovery of the last one. Less, and more of them meet.
    patience: float = 12.0
    environment: dict[str, str] = field(default_factory=dict)


@dataclass
class Result:
    options: Options
    verdict: Verdict
    injections: list[Injection]
    missed: list[str]
    issued_at: dict[str, float]
    due: int
    recorded: int
    posts: int
    answers: dict[str, int]
    seconds: float
    settle_seconds: float
    cores: int = field(default_factory=lambda: os.cpu_count() or 1)


def plan_day(seed: int, due: int) -> Day:
    """The smallest day with that many receipts due for certain. Its goods have one line each, so order does not matter."""
    visits = due
    while True:
        day = generate_day(seed, visits=visits, companies=COMPANIES, goods_lines=1)
        if sum(not receipt.refunded for receipt in day.books.receipts) >= due:
            return day
        visits += 5


def choose_faults(faults: Sequence[Fault], wanted: Sequence[str]) -> list[Fault]:
    """All of them, or those that are named, or whose name contains one of the words."""
    parts = [word for word in wanted if word not in FAULT_NAMES]
    return [fault for fault in faults if not wanted or fault.name in wanted or any(part in fault.name for part in parts)]


class Run:
    def __init__(self, options: Options, folder: Path) -> None:
        self._options = options
        self._rng = random.Random(options.seed)
        self._day = plan_day(options.seed, options.due)
        environment = ENVIRONMENT | options.environment
        self._world = World(folder, workers=options.workers, environment=environment)
        deliveries = deque(disturb(self._day.envelopes, self._rng))
        self._poster = Poster(self._world.webhook_url, deliveries)
        self._monitor = Monitor(self._world.postgres)
        books = self._day.books.receipts
        self._trouble = Trouble(
            self._world,
            self._poster,
            self._monitor,
            lease_seconds=int(environment["LEASE_SECONDS"]),
            read_timeout=float(environment["WEBKASSA_READ_TIMEOUT"]),
            due=frozenset(receipt.external_check_number for receipt in books),
            optional=frozenset(receipt.external_check_number for receipt in books if receipt.refunded),
        )
        self._started_at = time.monotonic()
        self._lanes = self._make_lanes()
        self._settle_seconds = 0.0

    def run(self) -> Result:
        """Raises when the run itself fails; what the service did wrong is in the verdict."""
        with ExitStack() as opened:
            opened.callback(self._world.close)
            self._world.start()
            self._monitor.start()
            opened.callback(self._monitor.stop)
            self._poster.start()
            opened.callback(self._poster.stop)
            opened.enter_context(self._telling_progress())
            self._make_trouble()
            return self._conclude(self._settle())

    def _make_lanes(self) -> tuple[Lane, Lane]:
        options, deadline = self._options, self._started_at + self._options.minutes * 60
        machine = choose_faults(build_machine_faults(), options.faults)
        webkassa = choose_faults(build_webkassa_faults(), options.faults)
        injections = (len(machine) + len(webkassa)) * len(options.scopes)
        # What is left goes out at the end; a fault that found nothing to break is tried again with a share of its own.
        share = int(self._poster.total / max(1, injections) / 1.2) + 1

        def make(name: str, faults: list[Fault]) -> Lane:
            rng = random.Random(f"{options.seed}:{name}")
            return Lane(name, self._trouble, faults, rng, deadline, share, options.patience)

        hurting_processes = make("machine", machine)
        hurting_processes.revive = self._world.revive
        return hurting_processes, make("webkassa", webkassa)

    def _make_trouble(self) -> None:
        for scope in self._options.scopes:
            self._world.register.change(scope=scope)
            run_side_by_side(*self._lanes, scope)

    def _settle(self) -> list[str]:
        """Peace: no more faults. Everything is accepted, then everything has to end by itself."""
        began_at = time.monotonic()
        self._world.register.clear_faults()
        left: list[str] = []
        try:
            self._poster.finish(SETTLE_SECONDS)
            began_at = time.monotonic()
            wait_until(self._is_settled, timeout=SETTLE_SECONDS, what="everything to be settled", poll=0.5)
        except WaitTimeout as problem:
            left = [str(problem)]
        self._settle_seconds = time.monotonic() - began_at
        return left + self._monitor.list_unsettled()

    def _is_settled(self) -> bool:
        self._world.revive()
        return not self._monitor.list_unsettled() and not self._trouble.list_waiting(time.monotonic())

    def _conclude(self, unsettled: list[str]) -> Result:
        register = self._world.register
        ledger = register.receipts()
        verdict = judge(self._day.books.receipts, ledger, self._monitor.load_fiscal_numbers(), unsettled)
        verdict.died = self._world.deaths
        verdict.late_overlaps = self._trouble.late_overlaps
        verdict.overlaps = register.count_overlaps() - verdict.late_overlaps
        return Result(
            options=self._options,
            verdict=verdict,
            injections=[injection for lane in self._lanes for injection in lane.injections],
            missed=[name for lane in self._lanes for name in lane.missed],
            issued_at=self._monitor.issued_at,
            due=len(self._trouble.due - self._trouble.optional),
            recorded=len(ledger),
            posts=self._poster.total,
            answers=dict(self._poster.answers),
            seconds=time.monotonic() - self._started_at,
            settle_seconds=self._settle_seconds,
        )

    @contextmanager
    def _telling_progress(self) -> Iterator[None]:
        ended = threading.Event()
        thread = threading.Thread(target=self._tell_progress, args=[ended], daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _tell_progress(self, ended: threading.Event) -> None:
        total = sum(len(lane.faults) for lane in self._lanes) * len(self._options.scopes)
        while not ended.wait(PROGRESS_SECONDS):
            lanes = ", ".join(lane.now for lane in self._lanes if lane.now) or "settling"
            print(
                f"{time.monotonic() - self._started_at:4.0f} s  faults {sum(lane.done for lane in self._lanes)}/{total}  "
                f"accepted {self._poster.accepted}/{self._poster.total}  issued {len(self._monitor.issued_at)}  [{lanes}]",
                file=sys.stderr,
                flush=True,
            )
