"""One run: a world, a day, three lanes of trouble for each scope, peace, and the verdict."""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from dev.chaos.altegio import History, find_unnamed, list_told, list_unwritten
from dev.chaos.faults.machine import MACHINE_FAULTS
from dev.chaos.faults.mail import MAIL_FAULTS, change_mood
from dev.chaos.faults.network import NETWORK_FAULTS
from dev.chaos.faults.people import PEOPLE, put_back
from dev.chaos.faults.stores import STORE_FAULTS
from dev.chaos.faults.webkassa import WEBKASSA_FAULTS, fail_a_third
from dev.chaos.lanes import Lane, run_side_by_side
from dev.chaos.mail import find_customers, judge_mails, measure_delays
from dev.chaos.monitor import Monitor
from dev.chaos.options import Options
from dev.chaos.poster import Poster, Posting, disturb
from dev.chaos.report import Result
from dev.chaos.trouble import Fault, Trouble
from dev.chaos.world import ChaosWorld
from dev.demo.state import CASHBOX
from dev.demo.waiting import WaitTimeout, wait_until
from dev.harness.command import tell, telling
from dev.harness.oracle import Evidence, judge
from dev.simulator.altegio.bodies import Envelope
from dev.simulator.altegio.books import Books, DueReceipt
from dev.simulator.altegio.day import Day, generate_day
from dev.simulator.altegio.salon import compute_tax

# Salons 1-3 have a cashbox of their own, the others share the default one.
COMPANIES = (307001, 307002, 307003, 307004, 307005)
CASHBOXES = {307001: "SWK00000002", 307002: "SWK00000003", 307003: "SWK00000004"}
# What hurts processes starts them again, which only the main thread may do.
LANES = {
    "machine": (*MACHINE_FAULTS, *STORE_FAULTS, *PEOPLE),
    "network": NETWORK_FAULTS,
    "webkassa": WEBKASSA_FAULTS,
    "mail": MAIL_FAULTS,
}
FAULTS = tuple(fault for faults in LANES.values() for fault in faults)
VAT = "auto"
# Of the calls of an Altegio that is asked.
ALTEGIO_TROUBLE = 0.05
# As in production, only shorter: so many faults on so few receipts would otherwise take hours.
ENVIRONMENT = {
    "LEASE_SECONDS": "10",
    "WEBKASSA_CONNECT_TIMEOUT": "2",
    "WEBKASSA_READ_TIMEOUT": "3.0",
    "DISPATCH_INTERVAL_SECONDS": "1",
    "RETRY_BASE_SECONDS": "0.5",
    "RETRY_CAP_SECONDS": "5",
    "GOODS_WAIT_SECONDS": "1",
    "PAYMENT_WAIT_SECONDS": "1",
    "WEBKASSA_VAT": VAT,
    "RECEIPT_TO_CLIENT": "webkassa, email",
    "QUIET_HOURS": "none",
    "ALTEGIO_COMPANY_ID": ",".join(str(company) for company in COMPANIES if company not in CASHBOXES),
}
# A claim of a delivery ends after 60 s if its worker was killed in that millisecond.
SETTLE_SECONDS = 180.0


def plan_day(seed: int, due: int) -> Day:
    """The smallest day with that many receipts due for certain. Its goods have one line each, so order does not matter."""
    visits = due
    while True:
        day = generate_day(seed, visits=visits, companies=COMPANIES, goods_lines=1)
        if sum(receipt.is_certain for receipt in day.books.receipts) >= due:
            return replace(day, books=Books([_add_tax(receipt) for receipt in day.books.receipts], day.books.not_due))
        visits += 5


def _add_tax(receipt: DueReceipt) -> DueReceipt:
    taxes = (compute_tax(line.total, VAT, receipt.due_at.date()) for line in receipt.lines)
    return replace(receipt, tax=sum(taxes, Decimal(0)))


def choose_faults(faults: Sequence[Fault], words: str) -> list[Fault]:
    """All of them, or those that are named, or whose name contains one of the words."""
    wanted = [word.strip() for word in words.split(",") if word.strip()]
    parts = set(wanted) - {fault.name for fault in FAULTS}
    return [fault for fault in faults if not wanted or fault.name in wanted or any(part in fault.name for part in parts)]


class Run:
    def __init__(self, options: Options, folder: Path) -> None:
        self._options = options
        self._rng = random.Random(options.seed)
        self._day = plan_day(options.seed, options.due)
        self._writes = options.write_back == "on"
        self._environment = ENVIRONMENT | ({"WRITE_BACK": "comment"} if self._writes else {}) | options.environment
        told = {"workers": options.workers, "beats": 2, "cashboxes": CASHBOXES.values(), "asks_altegio": self._writes}
        self._world = ChaosWorld(folder, self._environment, **told)
        self._started_at = time.monotonic()
        self._settle_seconds = 0.0
        self._unsettled: list[str] = []
        self._open: list[str] = []
        self._customers = find_customers(self._day.envelopes)
        self._well_since = float("inf")

    def run(self) -> Result:
        """Raises when the run itself fails; what the service did wrong is in the verdict."""
        with ExitStack() as opened:
            world = opened.enter_context(self._world)
            world.migrate()
            world.add_cashboxes({CASHBOX: None} | {number: company for company, number in CASHBOXES.items()})
            world.opt_out(self._customers.opted_out)
            world.start()
            self._monitor = Monitor(world.postgres)
            self._monitor.start()
            opened.callback(self._monitor.stop)
            deliveries = disturb(self._day.envelopes, self._rng)
            self._poster = Poster(world.stack.webhook_url, deliveries, self._open_altegio(deliveries))
            self._poster.start()
            opened.callback(self._poster.stop)
            opened.enter_context(telling(self._describe_progress))
            self._trouble = self._make_trouble()
            self._lanes = self._make_lanes()
            for scope in self._options.scopes:
                world.simulator.settings(scope=scope)
                if self._options.third:
                    self._fail_a_third()
                elif self._options.mail:
                    self._refuse_mail()
                else:
                    run_side_by_side(self._lanes, scope)
            return self._conclude(self._settle())

    def _open_altegio(self, deliveries: Sequence[Envelope]) -> Callable[[Envelope], None] | None:
        """Where receipts are written back: its own webhooks come as well, and some of its answers are spoilt."""
        if not self._writes:
            return None
        altegio = self._world.altegio
        altegio.process.start()
        altegio.settings(dated_by="arrival", webhook_seconds=0.5)
        for company in COMPANIES:
            altegio.open(company, [self._world.stack.webhook_url], self_sending=True)
        altegio.trouble(ALTEGIO_TROUBLE, self._options.seed)
        return History(altegio, self._day.events, deliveries).reach

    def _make_trouble(self) -> Trouble:
        books = self._day.books.receipts
        return Trouble(
            self._world,
            self._poster,
            self._monitor,
            lease_seconds=int(self._environment["LEASE_SECONDS"]),
            read_timeout=float(self._environment["WEBKASSA_READ_TIMEOUT"]),
            due=frozenset(receipt.external_check_number for receipt in books if receipt.is_certain),
        )

    def _describe_progress(self) -> str:
        return f"accepted {self._poster.accepted}/{self._poster.total}, issued {len(self._monitor.issued_at)}"

    def _make_lanes(self) -> list[Lane]:
        """Its first is for the main thread."""
        options, deadline = self._options, self._started_at + self._options.minutes * 60
        chosen = {name: choose_faults(faults, options.faults) for name, faults in LANES.items()}
        injections = sum(map(len, chosen.values())) * len(options.scopes)
        # What is left goes out at the end; a fault that found nothing to break is tried again with a share of its own.
        share = int(self._poster.total / max(1, injections) / 1.2) + 1

        def make(name: str, faults: list[Fault]) -> Lane:
            rng = random.Random(f"{options.seed}:{name}")
            return Lane(name, self._trouble, faults, rng, deadline, share, options.patience)

        lanes = [make(name, faults) for name, faults in chosen.items()]
        lanes[0].revive = self._world.revive
        return lanes

    def _fail_a_third(self) -> None:
        """The day is posted evenly over the minutes."""
        world, seconds = self._world, self._options.third * 60
        until, share = time.monotonic() + seconds, int(self._poster.total / seconds) + 1
        fail_a_third(world.simulator, self._options.seed)
        while time.monotonic() < until:
            self._poster.release(share)
            world.revive()
            time.sleep(1)

    def _refuse_mail(self) -> None:
        """The day is posted evenly over the minutes of trouble and half as many of peace."""
        seconds, mood_ends_at = self._options.mail * 60, 0.0
        trouble = Posting(self._poster, 2 / 3, seconds)
        while trouble.goes_on:
            if time.monotonic() > mood_ends_at:
                change_mood(self._trouble, self._rng)
                mood_ends_at = time.monotonic() + self._rng.uniform(5, 15)
            self._go_on(trouble)
        self._world.mail.turn("well")
        self._await_mails()
        self._well_since = time.monotonic()
        peace = Posting(self._poster, 1 / 3, seconds / 2)
        while peace.goes_on:
            self._go_on(peace)

    def _go_on(self, posting: Posting) -> None:
        posting.release()
        self._world.revive()
        time.sleep(0.5)

    def _await_mails(self) -> None:
        """Until nothing of the trouble waits any more, so that what is measured afterwards is peace."""
        with suppress(WaitTimeout):
            wait_until(
                lambda: not self._monitor.tables.count_unmailed(), timeout=SETTLE_SECONDS, what="mails to leave", poll=0.5
            )

    def _settle(self) -> list[str]:
        """Peace: no more faults. Everything is accepted, then everything has to end by itself."""
        began_at = time.monotonic()
        tell("no more faults: settling")
        self._world.simulator.clear_faults()
        left: list[str] = []
        try:
            self._poster.finish(SETTLE_SECONDS)
            put_back(self._trouble)
            began_at = time.monotonic()
            wait_until(self._is_settled, timeout=SETTLE_SECONDS, what="everything to be settled", poll=0.5)
        except WaitTimeout as problem:
            left = [str(problem)]
        self._settle_seconds = time.monotonic() - began_at
        return left + self._unsettled

    def _is_settled(self) -> bool:
        """What was not settled is kept, and is not asked again: Altegio still tells of what we wrote into it last."""
        self._world.revive()
        if list_unwritten(self._monitor.tables):
            return False
        self._unsettled, self._open = self._monitor.list_unsettled(), self._monitor.tables.list_open()
        return not (self._unsettled or self._open or self._trouble.list_waiting(time.monotonic()))

    def _conclude(self, unsettled: list[str]) -> Result:
        simulator, late_overlaps = self._world.simulator, self._trouble.late_overlaps
        ledger, issued, mails = simulator.receipts(), self._monitor.tables.find_issued(), list(self._world.mail.mails)
        evidence = Evidence(
            self._day.books,
            ledger,
            {company: CASHBOXES.get(company, CASHBOX) for company in COMPANIES},
            issued=issued,
            flags=self._monitor.tables.find_flags(),
            in_order=False,
            noted={
                "unsettled": unsettled,
                # Whatever else is said of it: each row of the tables has to end.
                "open": self._open,
                # All that is sold here is in order, so nothing may be given up.
                "given_up": self._monitor.tables.list_given_up(),
                # Processes that ended although nobody killed them.
                "died": self._world.deaths,
                **judge_mails(self._customers, issued, mails),
                **self._gather_written(),
                "overlaps": ["a call at a cashbox"] * (simulator.count_overlaps() - late_overlaps),
            },
        )
        injections = [injection for lane in self._lanes for injection in lane.injections]
        for injection in injections:
            injection.recovery = injection.measure_recovery(self._monitor.issued_at)
        return Result(
            options=self._options,
            verdict=judge(evidence),
            late_overlaps=late_overlaps,
            injections=injections,
            missed=[name for lane in self._lanes for name in lane.missed],
            issued_at=self._monitor.issued_at,
            due=len(self._trouble.due),
            recorded=len(ledger),
            deliveries=self._poster.total,
            mails=len(mails),
            delays=measure_delays(self._monitor.issued_at, mails, self._well_since),
            answers=dict(self._poster.postman.answers),
            seconds=time.monotonic() - self._started_at,
            settle_seconds=self._settle_seconds,
        )

    def _gather_written(self) -> dict[str, list[str]]:
        if not self._writes:
            return {}
        altegio, tables = self._world.altegio, self._monitor.tables
        return {
            "unwritten": list_unwritten(tables),
            "unnamed": find_unnamed(tables, altegio, COMPANIES),
            "overwritten": altegio.state()["overwritten"],
            "write-back told": list_told(tables),
        }
