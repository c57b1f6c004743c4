"""The week as it is lived: what happens reaches Altegio, then its webhook leaves, late, twice, or never."""

import random
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from dev.harness.altegio import AltegioControl
from dev.harness.posting import Postman, describe
from dev.simulator.altegio.bodies import Envelope
from dev.simulator.altegio.week import Week

THREADS = 6
DELIVERY_DELAY = timedelta(seconds=5)
# Deliveries are late by up to two minutes of salon time, each on its own account.
WINDOW = 120.0
REPEATED = 0.1
# The last kind comes after closing, when what it tells may be true no more.
REPEATS_AFTER = (0.0, 1.5, 900.0, 10_800.0)


# When, and either a change or a webhook.
_Entry = tuple[datetime, Envelope | None, Envelope | None]


@dataclass
class Plan:
    """`deliveries`: webhooks and when each leaves, in salon time. `dropped`: those that never do."""

    deliveries: list[tuple[datetime, Envelope]] = field(default_factory=list)
    dropped: list[Envelope] = field(default_factory=list)


@dataclass(frozen=True)
class Step:
    """Changes, and then one webhook, of these or of earlier ones; None for the last changes of an act."""

    truths: list[Envelope]
    delivery: Envelope | None


@dataclass(frozen=True)
class Act:
    key: tuple[date, bool]
    steps: list[Step]


def plan_week(week: Week, seed: int, drop: float) -> Plan:
    """`drop` is a share of the webhooks; the others are late, so that neighbours overtake each other, and some repeated."""
    # A random source of its own: what happens on the way must not change the week itself.
    rng, plan = random.Random(f"plan:{seed}"), Plan()
    for event in week.events:
        if not event.is_told:
            continue
        if rng.random() < drop:
            plan.dropped.append(event.envelope)
            continue
        leaves_at = event.at + DELIVERY_DELAY
        plan.deliveries.append((leaves_at + timedelta(seconds=rng.uniform(0, WINDOW)), event.envelope))
        if rng.random() < REPEATED:
            plan.deliveries.append((leaves_at + timedelta(seconds=rng.choice(REPEATS_AFTER)), event.envelope))
    plan.deliveries.sort(key=lambda entry: entry[0])
    return plan


def ask_for_lost_ids(week: Week, plan: Plan) -> None:
    """The webhook of goods alone tells their ids: where it is lost and ids decide the rate, no receipt is due."""
    by_ids = {salon.company_id for salon in week.salons if salon.vat != "none" and salon.goes_by_ids("good")}
    for one in plan.dropped:
        if (one["resource"], one["status"]) == ("goods_operations_sale", "create") and one["company_id"] in by_ids:
            week.books.ask_for_ids(one["data"]["document_id"])


def split_acts(week: Week, plan: Plan) -> list[Act]:
    """Days and evenings in the order of what happens; a webhook always comes after its change."""
    changes: list[_Entry] = [(event.at, event.truth, None) for event in week.events]
    webhooks: list[_Entry] = [(at, None, envelope) for at, envelope in plan.deliveries]
    timed = sorted([*changes, *webhooks], key=lambda entry: entry[0])
    return [Act(key, list(_group(entries))) for key, entries in groupby(timed, key=lambda entry: week.find_act(entry[0]))]


def _group(entries: Iterable[_Entry]) -> Iterator[Step]:
    truths: list[Envelope] = []
    for _, truth, webhook in entries:
        if truth is not None:
            truths.append(truth)
        else:
            yield Step(truths, webhook)
            truths = []
    if truths:
        yield Step(truths, None)


class ActPostman(Postman):
    """Several webhooks are on their way at a time, so they overtake each other here as well."""

    def __init__(self, url: str, altegio: AltegioControl) -> None:
        super().__init__(url)
        self._altegio = altegio
        self.posted = 0
        self.refused: list[str] = []

    def post(self, act: Act) -> None:
        free = threading.Semaphore(THREADS)
        with ThreadPoolExecutor(THREADS) as pool:
            for step in act.steps:
                if step.truths:
                    self._altegio.apply(*step.truths)
                if step.delivery is not None:
                    free.acquire()
                    pool.submit(self._deliver, step.delivery).add_done_callback(lambda _: free.release())
                    self.posted += 1

    def _deliver(self, envelope: Envelope) -> None:
        outcome = self.send(envelope)
        if outcome.status != 200:
            self.refused.append(f"{describe(envelope)}: {outcome.status or outcome.problem}")
