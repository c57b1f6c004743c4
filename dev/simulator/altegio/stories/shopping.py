"""What clients take: the lines of a visit by its story, and the ids Altegio would give them."""

import random
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Literal

from dev.simulator.altegio.salon import (
    FIRST_NAMES,
    FREE_SERVICE,
    GOODS,
    MARKED_GOODS,
    SERVICE_WITH_TIYN,
    SERVICES,
    SURNAMES,
    ZERO,
    Line,
    Person,
    Ware,
    discounted,
)

DISCOUNTS = tuple(Decimal(text) for text in ("5", "10", "15", "50", "7.5", "33.3"))


class Ids:
    """Ids that never repeat between seeds and days in practice, so runs can share a database.

    The kinds count from one base on purpose: a record and a sales document may carry the same number, and a
    bridge that forgets the kind in its keys is caught.
    """

    def __init__(self, seed: int, day: date) -> None:
        self._base = 600_000_001 + zlib.crc32(f"{seed}:{day.isoformat()}".encode()) % 100_000 * 10_000
        self._taken: Counter[str] = Counter()

    def take(self, kind: str) -> int:
        self._taken[kind] += 1
        return self._base + self._taken[kind] - 1


class Shopper:
    def __init__(
        self, rng: random.Random, ids: Ids, goods: Sequence[Ware] = GOODS, services: Sequence[Ware] = SERVICES
    ) -> None:
        self._rng = rng
        self._ids = ids
        self._goods, self._services_sold = goods, services

    def choose_client(self) -> Person | None:
        """One in ten walks in without leaving a name."""
        return None if self._rng.random() < 0.1 else self.choose_person()

    def choose_person(self) -> Person:
        name = f"{self._rng.choice(FIRST_NAMES)} {self._rng.choice(SURNAMES)}"
        number, phone = self._ids.take("client"), f"+7700{self._rng.randint(0, 9_999_999):07d}"
        # One in four leaves no e-mail.
        return Person(number, name, phone, f"client{number}@mail.example" if number % 4 else "")

    def choose_lines(self, story: str) -> tuple[Line, ...]:
        if story == "goods":
            return (*self._services(1), *self.choose_goods(self._rng.randint(1, 2)))
        if story == "marked":
            return (*self._services(1), self.choose_marked(3))
        if story == "several":
            return self._services(self._rng.randint(2, 4))
        if story == "free_line":
            return (*self._services(1), self._line("service", FREE_SERVICE, 1, ZERO))
        if story == "free":
            return (self._service(percent=Decimal(100)), self._line("service", FREE_SERVICE, 1, ZERO))
        return (self._choose_single(story),)

    def _choose_single(self, story: str) -> Line:
        if story == "discount":
            return self._service(percent=self._rng.choice(DISCOUNTS))
        if story == "tiyn":
            return self._line("service", SERVICE_WITH_TIYN, self._rng.choice((1, 2, 3)), Decimal("7.5"))
        return self._raised() if story == "raised" else self._service(percent=ZERO)

    def choose_goods(self, count: int) -> tuple[Line, ...]:
        wares = self._rng.sample(self._goods, count)
        percents = (ZERO, ZERO, Decimal(10))
        return tuple(self._line("good", ware, self._rng.randint(1, 3), self._rng.choice(percents)) for ware in wares)

    def choose_marked(self, quantity: int) -> Line:
        """Of goods whose pieces have a code each."""
        ware = self._rng.choice(MARKED_GOODS)
        line = self._line("good", ware, quantity, ZERO)
        return replace(line, marks=tuple(f"010{ware.id}{line.id};{piece}" for piece in range(quantity)))

    def _services(self, count: int) -> tuple[Line, ...]:
        return tuple(self._line("service", ware, 1, ZERO) for ware in self._rng.sample(self._services_sold, count))

    def _service(self, percent: Decimal) -> Line:
        return self._line("service", self._rng.choice(self._services_sold), 1, percent)

    def _raised(self) -> Line:
        """Staff typed a higher price by hand: `cost` is above `first_cost`, and there is no discount."""
        ware = self._rng.choice(self._services_sold)
        return Line(self._ids.take("line"), "service", ware, 1, ZERO, ware.price + 1500)

    def _line(self, kind: Literal["service", "good"], ware: Ware, quantity: int, percent: Decimal) -> Line:
        total = discounted(ware, quantity, percent)
        return Line(self._ids.take("line"), kind, ware, quantity, percent, total)
