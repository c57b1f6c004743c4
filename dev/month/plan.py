"""What happens in the month and when, from one seed: ordinary visits, trouble that must leave no trace, and what is planted
to be found."""

import itertools
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from dev.harness.register import CASH
from dev.month.steps import Expected, Month
from shared.clock import ALMATY

COMPANIES = {501: "SWK00000011", 502: "SWK00000012", 503: "SWK00000013"}
SERVICES = (("Стрижка", 4000), ("Окрашивание", 12500), ("Маникюр", 7000), ("Укладка", 3500), ("Педикюр", 8500))
# A cosmetology clinic: of licensed medical services the law's rate falls, and changes on New Year of 2027.
CLINIC = 501
MEDICAL = ("Ботулинотерапия", "Биоревитализация")
CLINICAL = ((MEDICAL[0], 21000), (MEDICAL[1], 31500), ("Маникюр", 7000), ("Чистка лица", 11600))
KINDS = ("card", "card", "card", "cash", "cash", "mobile")
# Nothing runs in these hours of that night: the shifts have to be closed late.
DOWN_FROM, DOWN_UNTIL = time(23, 0), time(2, 0)
# Until then a receipt whose answer was lost is found: only what is issued can be returned.
PATIENCE = timedelta(minutes=70)

# Days from the first one on.
_PLANTED = {"no_receipt": 1, "no_payment": 5, "return_due": 9, "returned_here": 13, "dead_letter": 17, "shift": 21}

Step = Callable[[Month, datetime], object]


@dataclass(order=True, slots=True)
class Event:
    at: datetime
    order: int
    step: Step = field(compare=False)


class Plan:
    def __init__(self, seed: int, first: date, days: int, visits: int) -> None:
        self.first, self.days = first, days
        self._rng = random.Random(seed)
        self._numbers = itertools.count(700_000_100, 10)
        self._order = itertools.count()
        self._visits = visits
        self.events: list[Event] = []
        self.expected: list[Expected] = []
        self.down_day = first + timedelta(days=min(days - 1, 9))
        for day in self._list_days():
            for company in COMPANIES:
                self._plan_day(day, company)
        self._plant()
        self._trouble()
        self._tick()
        down, up = _at(self.down_day, DOWN_FROM), _at(self.down_day + timedelta(days=1), DOWN_UNTIL)
        self.events = sorted(event for event in self.events if not down <= event.at < up)

    def _list_days(self) -> Iterator[date]:
        return (self.first + timedelta(days=number) for number in range(self.days))

    def _add(self, at: datetime, step: Step) -> None:
        self.events.append(Event(at, next(self._order), step))

    def _plan_day(self, day: date, company: int) -> None:
        self._add(_at(day, time(8, 45)), lambda month, at: month.move_cash(company, "deposit", 20_000))
        for _ in range(self._visits):
            at = _at(day, time(9)) + timedelta(minutes=self._rng.randrange(12 * 60 + 30))
            self._plan_visit(company, at)
        # A late client: a shift of its own begins after the closing. Not the one in which a stranger's sale is planted: its
        # difference is of the day on which the shift began.
        if self._rng.random() < 0.15 and (day + timedelta(days=1) - self.first).days != _PLANTED["shift"] % self.days:
            self._plan_visit(company, _at(day, time(23, 55)))
        self._add(_at(day, time(22, 30)), lambda month, at: month.move_cash(company, "withdrawal", 15_000))

    def _plan_visit(self, company: int, at: datetime) -> None:
        number = next(self._numbers)
        if self._rng.random() < 0.15:
            amount = self._rng.choice((1500, 2990, 4400))
            self._add(at, lambda month, at: month.sell_goods(company, number, amount, at))
            return
        lines = self._rng.sample(CLINICAL if company == CLINIC else SERVICES, self._rng.choice((1, 1, 1, 2)))
        kinds = tuple(self._rng.sample(("cash", "card"), 2)) if self._rng.random() < 0.1 else (self._rng.choice(KINDS),)
        self._add(at, lambda month, at: month.visit(company, number, lines, kinds, at))
        if self._rng.random() < 0.04:  # taken back in Altegio and returned here: all agrees again
            later = at + PATIENCE
            self._add(later, lambda month, at: month.take_back(company, number, lines, kinds, at))
            self._add(later, lambda month, at: month.give_back(number))

    def _plant(self) -> None:
        """One of each kind, in turn on the cashboxes, from the second day on."""
        makers = (
            ("no_receipt", lambda m, c, n, at: m.pay(c, n, 4100, "card", at)),
            ("no_payment", lambda m, c, n, at: m.visit(c, n, [SERVICES[0]], (), at)),
            ("return_due", lambda m, c, n, at: m.change_till(c, n, at)),
            ("returned_here", lambda m, c, n, at: m.visit(c, n, [SERVICES[3]], ("card",), at)),
            ("dead_letter", lambda m, c, n, at: m.refuse_next(c, n, at)),
            ("shift", lambda m, c, n, at: m.cabinet(c).sell(f"cabinet-{n}", 1900, CASH)),
        )
        companies = list(COMPANIES)
        for position, (why, make) in enumerate(makers):
            day = self.first + timedelta(days=_PLANTED[why] % self.days)
            company, number = companies[position % len(companies)], next(self._numbers)
            at = _at(day, time(15, 3 + 7 * position))
            self._add(at, lambda m, at, c=company, n=number, do=make: do(m, c, n, at))  # type: ignore[misc]
            if why == "returned_here":
                self._add(at + PATIENCE, lambda m, at, n=number: m.give_back(n))  # type: ignore[misc]
            self.expected.append(Expected(day, COMPANIES[company], why, None if why == "shift" else number))
        self._plant_taken_back(companies[2], next(self._numbers))

    def _plant_taken_back(self, company: int, number: int) -> None:
        """Paid one day, taken back in Altegio the next, never returned here."""
        day = self.first + timedelta(days=max(self.days - 3, 0))
        lines = [SERVICES[1]]
        self._add(_at(day, time(16, 10)), lambda m, at: m.visit(company, number, lines, ("card",), at))
        after = day + timedelta(days=1)
        self._add(_at(after, time(11, 10)), lambda m, at: m.take_back(company, number, lines, ("card",), at))
        self.expected.append(Expected(after, COMPANIES[company], "return_due", number))

    def _trouble(self) -> None:
        """None of this may make a difference."""
        one, two, three = COMPANIES
        middle = self.first + timedelta(days=self.days // 2)
        self._add(_at(middle, time(12, 1)), lambda m, at: m.fault(one, operation="check", kind="drop", when="after"))
        self._add(_at(middle, time(23, 45)), lambda m, at: m.fault(two, operation="z_report", kind="drop", when="after"))
        self._add(_at(middle, time(22, 45)), lambda m, at: m.cabinet(three).z_report())
        lost_move = {"operation": "money_operation", "kind": "drop", "when": "after"}
        self._add(_at(middle, time(8, 44)), lambda m, at: m.fault(one, **lost_move))
        # A receipt whose answer is lost, and cannot be asked for until long after the closing.
        late = self.first + timedelta(days=max(self.days // 2 - 1, 0))
        number = next(self._numbers)
        self._add(_at(late, time(23, 40)), lambda m, at: m.lose_until_later(two, number, at))
        self._add(_at(late + timedelta(days=1), time(1, 20)), lambda m, at: m.clear_faults())
        autonomous = self.first + timedelta(days=min(2, self.days - 1))
        self._add(_at(autonomous, time(10)), lambda m, at: m.simulator.settings(offline=True))
        self._add(_at(autonomous, time(20)), lambda m, at: m.simulator.settings(offline=False))
        # Paid a minute before midnight, told complete a minute after it.
        midnight, lines = _at(middle, time(23, 59)), [SERVICES[3]]
        visit = next(self._numbers)
        self._add(midnight, lambda m, at: m.pay(one, visit, lines[0][1], "card", at))
        self._add(midnight + timedelta(minutes=2), lambda m, at: m.complete(one, visit, lines, at))

    def _tick(self) -> None:
        """What beat does, in the rhythm of the day: every quarter of an hour at night, every hour else."""
        for day in self._list_days():
            for hour in range(24):
                for minute in (0, 15, 30, 45, 51) if hour >= 21 or hour < 3 else (0,):
                    self._add(_at(day, time(hour, minute)), lambda month, at: month.tick())
        end = _at(self.first + timedelta(days=self.days), time(0))
        for hours in range(48):  # until the last shift is closed
            self._add(end + timedelta(minutes=30 * hours), lambda month, at: month.tick())


def find_rate(cashbox: str, title: str, day: date) -> int | None:
    """What a line of that day has to be taxed at; nobody but the clinic pays VAT."""
    if cashbox != COMPANIES[CLINIC]:
        return None
    return 16 if title not in MEDICAL else 10 if day.year >= 2027 else 5


def _at(day: date, moment: time) -> datetime:
    return datetime.combine(day, moment, tzinfo=ALMATY)
