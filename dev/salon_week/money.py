"""Every tenge that moved in the week, by what it is in the words of the law, and where the books of the service have it."""

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from dev.demo import processes
from dev.harness.report import show_table
from dev.harness.world import World
from dev.simulator.altegio.bodies import Body
from dev.simulator.altegio.books import Books, DueReceipt
from dev.simulator.altegio.ledgers import DEPOSIT_INCOME, OTHER_OUTGO
from dev.simulator.altegio.rest.state import ALMATY
from dev.simulator.altegio.salon import ZERO, Salon
from dev.simulator.altegio.stories.beside import CHANGE_PUT_IN, TIPS_TILL, TO_THE_BANK
from dev.simulator.altegio.week import Week

# What the money of an expense item is, where it is no payment.
BY_ITEM: Mapping[Any, str] = {
    TO_THE_BANK["id"]: "cash out",
    CHANGE_PUT_IN["id"]: "cash in",
}
# Lines of the service's books -> what they are here; the kinds of payment are called the same.
LINES: Mapping[str, str] = {
    "top_up": "deposits",
    "tip": "tips",
    "none": "none",
    "elsewhere": "elsewhere",
    "staff_goods": "staff goods",
    "cash_in": "cash in",
    "cash_out": "cash out",
    "other_out": "fees",
}
Row = Mapping[str, Any]
# Company and what the money is -> its sum.
Sums = Mapping[tuple[int, str], Decimal]


@dataclass(frozen=True)
class Account:
    """Of one salon and one sort of money: what moved, and what of it the books have."""

    company_id: int
    sort: str
    moved: Decimal
    booked: Decimal

    def __str__(self) -> str:
        return f"{self.company_id} {self.sort}: {self.moved} moved, the books have {self.booked}"

    @property
    def unexplained(self) -> Decimal:
        return abs(self.moved - self.booked)


def classify(salon: Salon, body: Body) -> str:
    """A kind of payment, or what it is instead. What has no name of its own is counted with the payments of its account."""
    account, item = body["account"]["id"], body["expense"]["id"]
    kinds = {till.id: till.kind for till in (*salon.tills.all, *salon.tills.outside)}
    if item == OTHER_OUTGO["id"] and not body["record_id"]:
        return "fees"
    if account == salon.tills.cash.id + TIPS_TILL or item == salon.choices.tip_item[0]:
        return "tips"
    if item == DEPOSIT_INCOME["id"] and salon.choices.deposits != "at_top_up":
        return "deposits"
    return BY_ITEM.get(item, kinds[account])


def add_up_moved(week: Week) -> Sums:
    """What Altegio has in the end, what was taken at the desk, and what staff took without paying."""
    salons, newest = {salon.company_id: salon for salon in week.salons}, dict[int, Any]()
    moved: defaultdict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for event in week.events:
        if event.truth["resource"] == "finances_operation":
            newest[event.truth["resource_id"]] = event.truth
        elif event.story == "counter_wages":
            moved[event.truth["company_id"], "staff goods"] += Decimal(str(event.truth["data"]["cost"]))
    for truth in newest.values():
        if truth["status"] != "delete":
            company = truth["company_id"]
            sort, amount = classify(salons[company], truth["data"]), Decimal(str(truth["data"]["amount"]))
            moved[company, sort] += abs(amount) if sort in LINES.values() else amount
    for due in _list_paid_at_desk(week.books):
        for kind, amount in due.kinds.items():
            moved[due.company_id, kind] += amount
    return dict(moved)


def _list_paid_at_desk(books: Books) -> Iterator[DueReceipt]:
    """Not the first of two receipts for one sale, which said the wrong kind."""
    at_desk = (one for one in books.receipts if one.story.startswith("desk_"))
    return (one for one in at_desk if books.find_receipt(f"{one.external_check_number}_2") is None)


def read_books(world: World, week: Week) -> list[Row]:
    """What the command shows of the month of the week, and of the one in which it is lived."""
    months = sorted({f"{day:%Y-%m}" for day in (week.first_day, datetime.now(ALMATY).date())})
    with ThreadPoolExecutor() as pool:
        return [row for rows in pool.map(lambda month: _list_rows(world, month), months) for row in rows]


def add_up_booked(rows: Sequence[Row], cashboxes: Mapping[int, str]) -> Sums:
    companies = {number: company for company, number in cashboxes.items()}
    booked: defaultdict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        company, told = companies[row["cashbox"]], _read(row, "altegio_paid") - _read(row, "altegio_returned")
        if row["row"] == "total":
            booked[company, row["kind"]] += told + _read(row, "desk")
        elif row["row"] == "money" and row["kind"] in LINES:
            booked[company, LINES[row["kind"]]] += told
    return dict(booked)


def find_unlisted_debts(rows: Sequence[Row], week: Week) -> list[str]:
    """What the books of the last day lack, or name with another sum."""
    listed = {(row["company_id"], row["record_id"]): row for row in rows if row["row"] == "open" and row["why"] == "debt"}
    found = []
    for debt in week.books.debts:
        row = listed.get((debt.company_id, debt.record_id))
        if row is None or _read(row, "difference") != debt.amount:
            found.append(f"{debt.story} {debt.record_id}: owed are {debt.amount}, the books say {row and row['difference']}")
    return found


def _read(row: Row, name: str) -> Decimal:
    return Decimal(row.get(name) or 0)


def _list_rows(world: World, month: str) -> list[Row]:
    command = (sys.executable, "-m", "celery", "-A", "worker", "books", "--month", month, "--json")
    rows: list[Row] = json.loads(processes.run(command, world.environment, world.folder).stdout)
    return rows


def compare_accounts(moved: Sums, booked: Sums) -> list[Account]:
    return [Account(*place, moved.get(place, ZERO), booked.get(place, ZERO)) for place in sorted({*moved, *booked})]


def describe_explained(accounts: Sequence[Account]) -> str:
    whole = sum((max(abs(one.moved), abs(one.booked)) for one in accounts), ZERO)
    unexplained = sum((one.unexplained for one in accounts), ZERO)
    share = 100 * (1 - unexplained / whole) if whole else Decimal(100)
    return f"explained {'100' if not unexplained else f'{share:.1f}'} %, unexplained {unexplained} tenge"


def show_accounts(accounts: Sequence[Account]) -> str:
    headings = ["salon and sort of money", "moved", "in the books", "unexplained"]
    rows = [(f"{one.company_id} {one.sort}", one.moved, one.booked, one.unexplained or ".") for one in accounts]
    return show_table(headings, rows)
