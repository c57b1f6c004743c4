"""A week of some salons as webhooks and books. Pure: the same arguments give the same week, byte for byte."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from dev.simulator.altegio.bodies import Visit
from dev.simulator.altegio.day import DECK, DEFAULT_DAY, Day, book_visit, choose_moment, deal
from dev.simulator.altegio.money_stories import ASKED, EVENING, EVENINGS, DeskPayment
from dev.simulator.altegio.salon import BARCODED_GOODS, GOODS, Salon, Till, Tills
from dev.simulator.altegio.shopping import Ids, Shopper
from dev.simulator.altegio.week_stories import COUNTER_TURNS, VISIT_TURNS, WeekScript

FIRST_COMPANY = 307001
TITLES = (
    ("Основная касса", "Halyk", "Kaspi"),
    ("Касса администратора", "Расчётный счёт", "Kaspi QR"),
    ("Наличные", "Halyk POS", "Перевод Kaspi Gold"),
)
# The stories of a day once each, as they are, and what only a week has.
ONLY_IN_A_WEEK = ("certificate", "certificate_whole", "partly", "flood", "two_records", *VISIT_TURNS, *EVENINGS, *ASKED)
WEEK_DECK = (*dict.fromkeys(DECK), "plain", "goods", *ONLY_IN_A_WEEK)
COUNTER_DECK = ("counter_sale", "counter_sale", *COUNTER_TURNS)
# Stories whose lines are of another kind than their name says.
LINES = {"certificate": "several", "flood": "several", "refunded_later": "goods", "price_changed": "several"}


@dataclass(frozen=True)
class Week(Day):
    salons: tuple[Salon, ...]
    desk: tuple[DeskPayment, ...]


def find_act(at: datetime) -> tuple[date, bool]:
    """Day or evening: what is changed in an evening is meant to be changed after its receipt was issued.

    The small hours belong to the evening before.
    """
    shifted = at - timedelta(hours=4)
    return shifted.date(), at.time() >= EVENING or at.time() < time(4)


def make_salons(companies: int, vats: Sequence[str]) -> tuple[Salon, ...]:
    """VAT regimes are dealt in turn."""
    return tuple(Salon(FIRST_COMPANY + number, vats[number % len(vats)], _make_tills(number)) for number in range(companies))


def _make_tills(number: int) -> Tills:
    cash, card, mobile = TITLES[number % len(TITLES)]
    first = 46101 + 10 * number
    return Tills(Till(first, cash, "cash"), Till(first + 1, card, "card"), Till(first + 2, mobile, "mobile"))


def generate_week(
    seed: int = 1,
    *,
    companies: int = 3,
    vats: Sequence[str] = ("auto",),
    days: int = 7,
    visits: int = 12,
    first_day: date = DEFAULT_DAY,
) -> Week:
    """`visits` are those of one salon in one day; every third of them is followed by a sale over the counter."""
    rng, ids = random.Random(f"week:{seed}"), Ids(seed, first_day)
    shopper = Shopper(rng, ids, (*GOODS, *BARCODED_GOODS))
    script = WeekScript(rng, ids, shopper=shopper)
    salons = make_salons(companies, vats)
    calendar = [first_day + timedelta(days=number) for number in range(days)]
    for salon in salons:
        stories = iter(deal(rng, WEEK_DECK, days * visits))
        counter = iter(deal(rng, COUNTER_DECK, days * (visits // 3)))
        for day in calendar:
            for _ in range(visits):
                _play_visit(script, next(stories), salon, day)
            for _ in range(visits // 3):
                script.play_counter(next(counter), salon, choose_moment(rng, day))
            script.play_deposit(salon, shopper.choose_client(), choose_moment(rng, day))
    return Week(sorted(script.events, key=lambda event: event.at), script.books, salons, tuple(script.desk))


def _play_visit(script: WeekScript, story: str, salon: Salon, day: date) -> None:
    visit = book_visit(script, script.shopper, LINES.get(story, story), salon, day)
    script.play_week_visit(story, salon, _book_earlier(script.rng, visit))


def _book_earlier(rng: random.Random, visit: Visit) -> Visit:
    """A third was booked the day before."""
    return replace(visit, created_at=visit.created_at - timedelta(days=1)) if rng.random() < 0.3 else visit
