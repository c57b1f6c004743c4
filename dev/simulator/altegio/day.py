"""A salon's day as webhooks and books. Pure: the same arguments give the same day, byte for byte."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from dev.simulator.altegio.bodies import Envelope, Visit
from dev.simulator.altegio.books import Books
from dev.simulator.altegio.salon import SPECIALISTS, Salon
from dev.simulator.altegio.stories.script import Event, Script
from dev.simulator.altegio.stories.shopping import Ids, Shopper

DEFAULT_COMPANY = 307626
DEFAULT_DAY = date(2026, 3, 2)
OPENS_AT, CLOSES_AT = time(9), time(20)

# A deck instead of dice: even a short day shows every situation once before any comes twice as often.
DECK = (
    ("plain",) * 5
    + ("discount",) * 2
    + ("several",) * 2
    + ("goods",) * 2
    + ("tiyn", "split", "raised", "free_line", "refunded", "no_show", "cancelled", "unpaid", "free")
)
COMMENTS = ("", "", "", "фч", "Постоянный клиент, фч", 'Просит "как в прошлый раз" \U0001f642')


@dataclass(frozen=True)
class Day:
    events: list[Event]
    books: Books

    @property
    def envelopes(self) -> list[Envelope]:
        return [event.envelope for event in self.events if event.is_told]


def generate_day(
    seed: int = 1,
    *,
    visits: int = 40,
    companies: Sequence[int] = (DEFAULT_COMPANY,),
    day: date = DEFAULT_DAY,
    goods_lines: int = 2,
) -> Day:
    """Events in the order they happen; `goods_lines` caps the product lines of a sale over the counter."""
    rng, ids = random.Random(seed), Ids(seed, day)
    script, shopper = Script(rng, ids), Shopper(rng, ids)
    for number, story in enumerate(deal(rng, DECK, visits)):
        salon = Salon(companies[number % len(companies)])
        script.play_visit(story, salon, book_visit(script, shopper, story, salon, day))
    for number in range(visits // 8):
        salon = Salon(companies[number % len(companies)])
        lines = shopper.choose_goods(rng.randint(1, goods_lines))
        script.play_counter_sale(salon, lines, choose_moment(rng, day), undone=number % 4 == 3)
    return Day(sorted(script.events, key=lambda event: event.at), script.books)


def deal(rng: random.Random, deck: Sequence[str], count: int) -> list[str]:
    stories: list[str] = []
    while len(stories) < count:
        stories += rng.sample(deck, len(deck))
    return stories[:count]


def book_visit(script: Script, shopper: Shopper, story: str, salon: Salon, day: date) -> Visit:
    rng, ids = script.rng, script.ids
    starts_at = choose_moment(rng, day)
    return Visit(
        company_id=salon.company_id,
        record_id=ids.take("record"),
        visit_id=ids.take("visit"),
        document_id=ids.take("document"),
        starts_at=starts_at,
        created_at=starts_at - timedelta(minutes=rng.randint(150, 240)),
        specialist=rng.choice(SPECIALISTS),
        client=shopper.choose_client(),
        lines=shopper.choose_lines(story),
        comment=rng.choice(COMMENTS),
    )


def choose_moment(rng: random.Random, day: date) -> datetime:
    """Local wall time of the salon, on a quarter of an hour, as people book."""
    quarters = (CLOSES_AT.hour - OPENS_AT.hour) * 4
    return datetime.combine(day, OPENS_AT) + timedelta(minutes=15 * rng.randint(0, quarters))
