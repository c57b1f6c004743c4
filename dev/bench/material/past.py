"""Days of salons in the tables, as the ingress, the worker and the payment page would have left them: see `past.sql`."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, text

from dev.bench.material.backlog import FIRST_COMPANY

# Far below what is measured, so that nothing measured meets a number of the past.
FIRST_PAST_RECORD = 1_000_000
# A visit is told of three times: created, changed, paid.
DELIVERIES_OF_A_VISIT = 3
# Two hundred visits a day, of a hundred thousand.
DAYS = 500
AWAITING_OF_HUNDRED = 2

_SECTIONS = Path(__file__).with_name("past.sql").read_text("utf-8").split("-- name: ")[1:]
_STATEMENTS = dict(section.split("\n", 1) for section in _SECTIONS)


def add_long_ago(connection: Connection, start: int, end: int, cashboxes: int) -> None:
    """Visits that were paid and issued long ago, numbers `start` to `end`: deliveries, a receipt and a call each."""
    _fill(connection, "long ago", ("calls",), start, end, cashboxes, DELIVERIES_OF_A_VISIT)


def add_these_days(connection: Connection, visits: int) -> None:
    """`visits` of one salon over `DAYS`, their deliveries, and what staff did about them."""
    _fill(connection, "these days", ("checkouts", "audit events", "return orders"), 0, visits, 1, DELIVERIES_OF_A_VISIT)


def _fill(
    connection: Connection, visits: str, more: Sequence[str], start: int, end: int, cashboxes: int, deliveries: int
) -> None:
    """The connection commits each statement. The cashboxes have to exist."""
    values = {"company": FIRST_COMPANY, "record": FIRST_PAST_RECORD, "from": start, "upto": end, "cashboxes": cashboxes}
    values |= {"days": DAYS, "awaiting": AWAITING_OF_HUNDRED, "deliveries": deliveries, "most": DELIVERIES_OF_A_VISIT}
    for name in (visits, "plan", "receipts", "deliveries", "visits", *more):
        connection.execute(text(_STATEMENTS[name]), values)
    connection.execute(text("DROP TABLE plan, told"))


def find_awaiting(visits: int, number: int) -> int:
    """The id of the visit that awaits payment, counted from 0: ids were given in the order of `n`, backwards."""
    a_block = DAYS * AWAITING_OF_HUNDRED
    return visits - (number % a_block + number // a_block * DAYS * 100)


def count_awaiting(visits: int) -> int:
    """No less than that many of them."""
    return visits // (DAYS * 100) * DAYS * AWAITING_OF_HUNDRED
