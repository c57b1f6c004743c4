"""One run: a week, act by act. An act ends when everything in it has ended by itself; then the books are compared."""

import json
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from dev.demo.processes import read_pss
from dev.demo.waiting import WaitTimeout, wait_until
from dev.harness.command import tell
from dev.harness.desk import Desk, add_manager
from dev.harness.oracle import Evidence, judge
from dev.harness.tables import Tables
from dev.harness.world import World
from dev.salon_week.items import find_failed, find_said, find_second_items, find_unlisted, find_unoffered, list_items
from dev.salon_week.lines import count_lines
from dev.salon_week.money import (
    add_up_booked,
    add_up_moved,
    compare_accounts,
    find_unlisted_debts,
    read_books,
)
from dev.salon_week.outcome import Options, Result
from dev.salon_week.pieces import find_other_pieces, return_piece, sell_anew
from dev.salon_week.posting import Act, ActPostman, ask_for_lost_ids, plan_week, split_acts
from dev.salon_week.written import (
    PLACES,
    find_unbooked,
    find_unnamed,
    list_told,
    list_unwritten,
    measure_seconds,
)
from dev.simulator.altegio.books import Books
from dev.simulator.altegio.rest.state import ALMATY
from dev.simulator.altegio.salon import Salon
from dev.simulator.altegio.week import Week, generate_week

# The regimes a chain can mix: the law's rate of the day, no payer of VAT, a rate written down.
VATS = ("auto", "none", "16")
CASHBOXES = {307001: "SWK00000002", 307002: "SWK00000003", 307003: "SWK00000004"}
# As in production, only shorter: nobody waits minutes for a week that is lived in minutes.
ENVIRONMENT = {
    "DISPATCH_INTERVAL_SECONDS": "1",
    "RECONCILE_INTERVAL_SECONDS": "4",
    "RETRY_BASE_SECONDS": "0.5",
    "RETRY_CAP_SECONDS": "5",
    "GOODS_WAIT_SECONDS": "1",
    "PAYMENT_WAIT_SECONDS": "1",
    "RETURN_DELAY_SECONDS": "3",
}
# One salon's reads come from a replica that is behind, another's empty lists are refused; the third is as documented.
HABITS = {"dated_by": "arrival", "webhook_seconds": 0.5, "read_lags": {307002: 1.0}, "refused_empty": [307003]}
SETTLE_SECONDS = 600.0
# Columns of the oracle that an act waits for; what is in the others does not go away by waiting.
AWAITED = ("missing", "untrue", "amiss", "given_back_kept")


class Run:
    def __init__(self, options: Options, folder: Path) -> None:
        self._options = options
        self._week: Week = generate_week(
            options.seed,
            companies=options.companies,
            vats=VATS,
            days=options.days,
            visits=options.visits,
            cost_to_pay=options.cost_to_pay,
            first_day=_choose_first_day(options),
        )
        self._plan = plan_week(self._week, options.seed, options.drop)
        ask_for_lost_ids(self._week, self._plan)
        self._world = World(
            folder,
            ENVIRONMENT | {"RETURN_POLICY": options.returns} | options.environment,
            workers=options.workers,
            beats=1,
            cashboxes=CASHBOXES.values(),
            asks_altegio=True,
        )
        self._tables = Tables(self._world.postgres)
        # What an earlier act lacks is waited for once only.
        self._given_up: set[str] = set()
        self._started_at = time.monotonic()

    def run(self) -> Result:
        """Raises when the run itself fails; what the service did wrong is in the verdict."""
        acts = split_acts(self._week, self._plan)
        with self._world as world:
            self._open_salons()
            world.start()
            world.altegio.settings(**json.loads(self._options.altegio))
            world.altegio.trouble(self._options.trouble, self._options.seed)
            postman = ActPostman(world.stack.webhook_url, world.altegio)
            add_manager(world)
            for number, act in enumerate(acts, start=1):
                self._pay_at_desk(act)
                postman.post(act)
                left = self._settle(act)
                self._return_at_desk(act)
                lacking = f", lacking {len(left)}: {left[0]}" if left else ""
                issued = len(self._tables.find_issued())
                tell(f"act {number}/{len(acts)}  posted {postman.posted}  issued {issued}{lacking}")
            return self._conclude(postman)

    def _open_salons(self) -> None:
        """Altegio knows them, and each has a cashbox of its own, mapped as an operator would."""
        world = self._world
        world.migrate()
        world.altegio.process.start()
        world.altegio.settings(**HABITS)
        for salon in self._week.salons:
            told = {"accounts": _describe_tills(salon), "self_sending": self._writes}
            world.altegio.open(salon.company_id, [world.stack.webhook_url], **told)
        add = (sys.executable, "-m", "celery", "-A", "worker", "cashboxes", "add")
        with ThreadPoolExecutor() as pool:
            commands = [(*add, *_describe_choices(salon), *self._describe_writing(salon)) for salon in self._week.salons]
            list(pool.map(world.run, commands))

    @property
    def _writes(self) -> bool:
        return self._options.write_back == "on"

    def _describe_writing(self, salon: Salon) -> Sequence[str]:
        return (f"--write-back={PLACES[salon.company_id]}", "--desk-payments=booked") if self._writes else ()

    def _pay_at_desk(self, act: Act) -> None:
        """What Altegio does not learn. It comes first in its act, and has its receipt before anything else happens."""
        due = [one for one in self._week.desk if self._week.find_act(one.at) == act.key]
        desk = Desk(self._world.stack.api_url) if due else None
        for one in due:
            assert desk is not None
            desk.pay(self._tables.find_visit(one.company_id, one.record_id), one.kind)
        numbers = {f"altegio_{one.record_id}" for one in due}
        wait_until(lambda: numbers <= set(self._tables.find_issued()), timeout=SETTLE_SECONDS, what="the desk", poll=0.5)

    def _return_at_desk(self, act: Act) -> None:
        """What a manager returns in the end of an act, when the return is due."""
        due = [one for one in self._week.returns if self._week.find_act(one.at) == act.key]
        for one in due:
            return_piece(Desk(self._world.stack.api_url), self._tables, one)
        numbers = {f"{one.external_check_number}_r1" for one in due}
        for wrong in (one for one in self._week.corrections if self._week.find_act(one.at) == act.key):
            sell_anew(Desk(self._world.stack.api_url), self._tables, wrong)
            numbers |= {f"{wrong.external_check_number}_r1", wrong.anew}
        wait_until(lambda: numbers <= set(self._tables.find_issued()), timeout=SETTLE_SECONDS, what="returns", poll=0.5)

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
        found = judge(self._gather(_close_books(self._week, act))).findings
        left = [
            *self._tables.list_open(),
            *list_unwritten(self._tables),
            *(str(one) for one in found if one.column in AWAITED),
        ]
        return [one for one in left if one not in self._given_up]

    def _gather(self, books: Books) -> Evidence:
        tables = self._tables
        return Evidence(
            books,
            self._world.simulator.receipts(),
            CASHBOXES,
            tables.find_issued(),
            tables.find_flags(),
            find_said(tables, list_items(tables)),
            returns_alone=self._options.returns == "auto",
        )

    def _conclude(self, postman: ActPostman) -> Result:
        world, tables = self._world, self._tables
        calls, told = world.altegio.count_calls(), list_told(tables)
        items = list_items(tables)
        booked = read_books(world, self._week)
        accounts = compare_accounts(add_up_moved(self._week), add_up_booked(booked, CASHBOXES))
        evidence = self._gather(self._week.books)
        evidence.noted = {
            "unexplained": [str(one) for one in accounts if one.unexplained],
            "not offered": find_unoffered(Desk(world.stack.api_url).get("/acquire/drawer"), self._week.books),
            "debts": find_unlisted_debts(booked, self._week),
            "unsettled": tables.list_open(),
            "failed": find_failed(tables, items, self._week.books),
            "unlisted": find_unlisted(items, self._week.books),
            "other piece": find_other_pieces(self._world.simulator.receipts(), self._week.returns),
            "not one item": find_second_items(tables, items, self._week.books),
            "refused": postman.refused,
            "died": world.deaths,
            "over limits": ["a call of Altegio"] * calls["refused"],
            "unnamed": find_unnamed(tables, world.altegio, self._week) if self._writes else [],
            "unbooked": find_unbooked(tables, world.altegio, self._week) if self._writes else [],
            "overwritten": world.altegio.state()["overwritten"],
            "write-back told": told,
            "overlaps": ["a call at a cashbox"] * world.simulator.count_overlaps(),
        }
        verdict = judge(evidence)
        return Result(
            options=self._options,
            verdict=verdict,
            lines=count_lines(evidence, verdict, self._plan.dropped),
            accounts=accounts,
            open_items=len(self._week.books.open_items) + sum(one.asked_at is not None for one in self._week.books.not_due),
            webhooks=postman.posted,
            dropped=len(self._plan.dropped),
            caught_up=tables.count_caught_up(),
            calls=calls,
            memory={name: read_pss(child.pid) for name, child in world.stack.children.items() if child.running},
            written=measure_seconds(tables),
            seconds=time.monotonic() - self._started_at,
        )


def _choose_first_day(options: Options) -> date:
    """The week ends yesterday: what is offered to people is of late."""
    return date.fromisoformat(options.first) if options.first else datetime.now(ALMATY).date() - timedelta(days=options.days)


def _describe_choices(salon: Salon) -> list[str]:
    choices = {name.replace("_", "-"): value for name, value in asdict(salon.choices).items() if name != "tip_item"}
    told = {"company": salon.company_id, "cashbox": CASHBOXES[salon.company_id], "vat": salon.vat, **choices}
    return [f"--{name}={value}" for name, value in told.items() if value]


def _describe_tills(salon: Salon) -> list[dict[str, Any]]:
    tills = (*salon.tills.all, *salon.tills.outside)
    return [{"id": till.id, "title": till.title, "type": int(not till.is_cash), "comment": ""} for till in tills]


def _close_books(week: Week, act: Act) -> Books:
    """As they are at the end of this act: what turns later is still in order."""
    books = week.books

    def has_happened(at: datetime | None) -> bool:
        return at is not None and week.find_act(at) <= act.key

    due = [one for one in books.receipts if has_happened(one.due_at)]
    receipts = [
        one if has_happened(one.turned_at) else replace(one, turn=None, told=(), proposed=(), returned=None) for one in due
    ]
    return Books(receipts, [one for one in books.not_due if has_happened(one.asked_at)])
