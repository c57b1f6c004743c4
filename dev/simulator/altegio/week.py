"""A week of some salons as webhooks and books. Pure: the same arguments give the same week, byte for byte."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import cycle
from typing import Literal

from dev.simulator.altegio.bodies import Visit
from dev.simulator.altegio.day import DECK, DEFAULT_DAY, Day, book_visit, choose_moment
from dev.simulator.altegio.salon import (
    BARCODED_GOODS,
    GOODS,
    MEDICAL_SERVICES,
    PERIODICALS,
    SERVICES,
    Choices,
    Salon,
    Till,
    Tills,
    Turnover,
)
from dev.simulator.altegio.stories.beside import move_cash
from dev.simulator.altegio.stories.evenings import EVENING, DeskCorrection, DeskPayment, DeskReturn
from dev.simulator.altegio.stories.script import Story
from dev.simulator.altegio.stories.shopping import Ids, Shopper
from dev.simulator.altegio.stories.turns import PLAYS, WeekScript
from dev.simulator.altegio.stories.without_visit import COUNTER_TURNS, play_counter

CostToPay = Literal["falls", "stays", "both"]
FIRST_COMPANY = 307001
# Cash, card, mobile; transfers between bank accounts, a terminal that is a register itself.
TITLES = (
    ("Основная касса", "Halyk", "Kaspi", "Расчётный счёт", "Терминал-касса"),
    ("Касса администратора", "Forte POS", "Kaspi QR", "Halyk Business", "Kaspi Касса"),
    ("Наличные", "Halyk POS", "Перевод Kaspi Gold", "Счёт ИП", "Kaspi Pay терминал"),
)
# What each salon has written down: by words of the titles, by ids of the accounts, by both.
CHOICES = (
    Choices(
        deposits="at_top_up",
        payment_kinds="Kaspi=mobile, Расчетный счет=none, Терминал-касса=elsewhere",
        vat_lines="ботулинотерапия=medical, пилинг=medical",
    ),
    Choices(
        deposits="at_spending",
        part_payments="each",
        payment_kinds="Kaspi=mobile, id:46114=none, id:46115=elsewhere",
        tips="чаевые, id:77",
        tip_item=(77, "Благодарность мастеру"),
    ),
    Choices(
        deposits="by_hand",
        payment_kinds="Перевод=mobile, Счёт ИП=none, Kaspi Pay терминал=elsewhere",
        tips="чаевые, шайлық",
        tip_item=(31, "Шайлық"),
        vat_lines="service:8811=medical, service:8812=medical, good:24008=periodicals",
    ),
)
# Which of the law's turnovers a salon tells apart.
TURNOVERS: tuple[frozenset[Turnover], ...] = (frozenset({"medical"}), frozenset(), frozenset({"medical", "periodicals"}))
# The stories of a day once each, as they are, and what only a week has.
WEEK_DECK = (*dict.fromkeys(DECK), "plain", "goods", *PLAYS)
COUNTER_DECK = ("counter_sale", *COUNTER_TURNS)
# A client has an account; of the other visits a share used materials that were written off.
OF_DEPOSITS = ("deposit_spent", "deposit_part")
WRITTEN_OFF = 0.2
# Stories whose lines are of another kind than their name says.
SEVERAL = ("certificate", "membership", "bonus", "flood", "price_changed")
WITH_GOODS = ("refunded_later", "goods_taken_out", "goods_taken_out_expense")
LINES = {
    "marked_return": "marked",
    **dict.fromkeys(SEVERAL, "several"),
    **dict.fromkeys(WITH_GOODS, "goods"),
}


@dataclass(frozen=True)
class Week(Day):
    salons: tuple[Salon, ...]
    desk: tuple[DeskPayment, ...]
    returns: tuple[DeskReturn, ...]
    corrections: tuple[DeskCorrection, ...]
    first_day: date

    def find_act(self, at: datetime) -> tuple[date, bool]:
        """What was booked before the first day belongs to it."""
        return max(find_act(at), (self.first_day, False))


def find_act(at: datetime) -> tuple[date, bool]:
    """Day or evening: what is changed in an evening is meant to be changed after its receipt was issued.

    The small hours belong to the evening before.
    """
    shifted = at - timedelta(hours=4)
    return shifted.date(), at.time() >= EVENING or at.time() < time(4)


def make_salons(companies: int, vats: Sequence[str], cost_to_pay: CostToPay = "both") -> tuple[Salon, ...]:
    """VAT regimes are dealt in turn, and so is what the salons have chosen."""
    return tuple(
        Salon(
            FIRST_COMPANY + number,
            vats[number % len(vats)],
            _make_tills(number),
            CHOICES[number % len(CHOICES)],
            cost_to_pay,
            TURNOVERS[number % len(TURNOVERS)],
        )
        for number in range(companies)
    )


def _make_tills(number: int) -> Tills:
    cash, card, mobile, bank, terminal = TITLES[number % len(TITLES)]
    first = 46101 + 10 * number
    return Tills(
        Till(first, cash, "cash"),
        Till(first + 1, card, "card"),
        Till(first + 2, mobile, "mobile"),
        Till(first + 3, bank, "none"),
        Till(first + 4, terminal, "elsewhere"),
    )


def generate_week(
    seed: int = 1,
    *,
    companies: int = 3,
    vats: Sequence[str] = ("auto",),
    days: int = 7,
    visits: int = 12,
    first_day: date = DEFAULT_DAY,
    cost_to_pay: CostToPay = "both",
) -> Week:
    """`visits` are those of one salon in one day; every third of them is followed by a sale over the counter."""
    rng, ids = random.Random(f"week:{seed}"), Ids(seed, first_day)
    goods, services = (*GOODS, *BARCODED_GOODS, *PERIODICALS), (*SERVICES, *MEDICAL_SERVICES)
    shopper = Shopper(rng, ids, goods, services)
    script = WeekScript(rng, ids, shopper=shopper)
    salons = make_salons(companies, vats, cost_to_pay)
    stories, counter = _deal_round(rng, WEEK_DECK, salons), _deal_round(rng, COUNTER_DECK, salons)
    for number in range(days):
        day = first_day + timedelta(days=number)
        for salon in salons:
            for _ in range(visits):
                _play_visit(script, next(stories[salon]), salon, day)
            for _ in range(visits // 3):
                play_counter(script, next(counter[salon]), salon, choose_moment(rng, day))
            script.play_deposit(salon, shopper.choose_client(), choose_moment(rng, day))
            move_cash(script, Story("cash_moved", salon, script.events), choose_moment(rng, day))
    return Week(
        sorted(script.events, key=lambda event: event.at),
        script.books,
        salons,
        tuple(script.desk),
        tuple(script.returns),
        tuple(script.corrections),
        first_day,
    )


def _deal_round(rng: random.Random, deck: Sequence[str], salons: Sequence[Salon]) -> Mapping[Salon, Iterator[str]]:
    """All salons go through the deck, each beginning at another place of it."""
    order = rng.sample(deck, len(deck))
    begins = [number * len(order) // len(salons) for number in range(len(salons))]
    return {salon: cycle(order[begin:] + order[:begin]) for salon, begin in zip(salons, begins, strict=True)}


def _play_visit(script: WeekScript, story: str, salon: Salon, day: date) -> None:
    visit = book_visit(script, script.shopper, LINES.get(story, story), salon, day)
    if story in OF_DEPOSITS:
        visit = replace(visit, client=visit.client or script.shopper.choose_person())
    visit = replace(visit, has_write_off=script.rng.random() < WRITTEN_OFF)
    script.play_week_visit(story, salon, _book_earlier(script.rng, visit))


def _book_earlier(rng: random.Random, visit: Visit) -> Visit:
    """A third was booked the day before."""
    return replace(visit, created_at=visit.created_at - timedelta(days=1)) if rng.random() < 0.3 else visit
