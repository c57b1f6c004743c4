"""Days of salons in the tables, as the ingress, the worker and the payment page would have left them: see `past.sql`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import Connection, text

from dev.bench.material.backlog import FIRST_COMPANY
from shared.clock import almaty_date, utc_now

# Far below what is measured, so that nothing measured meets a number of the past.
FIRST_PAST_RECORD = 1_000_000
# A visit is told of three times: created, changed, paid.
DELIVERIES_OF_A_VISIT = 3
AWAITING_OF_HUNDRED = 2


@dataclass(frozen=True, slots=True)
class Past:
    """Says how many visits are in the tables, and over how many days they are spread: today and those before it."""

    visits: int
    days: int

    @property
    def awaiting(self) -> int:
        """Returns how many visits await payment, no less than are there."""
        return self.visits // (self.days * 100) * self.days * AWAITING_OF_HUNDRED

    def find_awaiting(self, number: int) -> int:
        """Returns the id of one of them, counted from 0: ids were given in the order of `n`, backwards."""
        a_block = self.days * AWAITING_OF_HUNDRED
        return self.visits - (number % a_block + number // a_block * self.days * 100)

    def choose_day(self, number: int) -> str:
        """Returns one of the days before today."""
        return str(almaty_date(utc_now()) - timedelta(days=1 + number % (self.days - 1)))


_SECTIONS = Path(__file__).with_name("past.sql").read_text("utf-8").split("-- name: ")[1:]
_STATEMENTS = dict(section.split("\n", 1) for section in _SECTIONS)


def add_long_ago(connection: Connection, start: int, end: int, cashboxes: int) -> None:
    """Visits that were paid and issued long ago, numbers `start` to `end`: deliveries, a receipt and a call each."""
    _fill(connection, "long ago", ("calls",), start, end, cashboxes)


def add_these_days(connection: Connection, past: Past) -> None:
    """Visits of one salon, their deliveries, and what staff did about them."""
    _fill(connection, "these days", ("checkouts", "audit events", "return orders"), 0, past.visits, 1, past.days)


def _fill(
    connection: Connection, visits: str, more: Sequence[str], start: int, end: int, cashboxes: int, days: int = 1
) -> None:
    """The connection commits each statement. The cashboxes have to exist."""
    values = {"company": FIRST_COMPANY, "record": FIRST_PAST_RECORD, "from": start, "upto": end, "cashboxes": cashboxes}
    values |= {"days": days, "awaiting": AWAITING_OF_HUNDRED}
    for name in (visits, "plan", "receipts", "deliveries", "visits", *more):
        connection.execute(text(_STATEMENTS[name]), values)
    connection.execute(text("DROP TABLE plan, told"))
