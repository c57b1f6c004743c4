"""Open items are listed with their sums, and only those that the books want."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from dev.salon_week.items import find_failed, find_said, find_second_items, find_unlisted, list_items
from dev.simulator.altegio.books import Books, DueLine, DueReceipt, NotDue, OpenItem

NOW = datetime.fromisoformat("2026-03-02T12:00:00")
LINE = DueLine("Шампунь", "good", 2, Decimal(3000))
DUE = DueReceipt(
    external_check_number="altegio_1",
    company_id=307001,
    source="record",
    source_id=1,
    story="goods_taken_out",
    total=Decimal(7000),
    kinds={"cash": Decimal(7000)},
    tax=Decimal(0),
    lines=(DueLine("Стрижка", "service", 1, Decimal(4000)), LINE),
    due_at=NOW,
    turn="return_due",
    turned_at=NOW,
    money="unsure",
    proposed=(LINE,),
)
ASKED = NotDue("altegio_2", 307001, "record", 2, "emptied", why="", asked_at=NOW)
MAY = NotDue("altegio_goods_5001", 307001, "goods", 5001, "counter_wages", why="", may_ask=True)
TOP_UP = OpenItem(307001, 9, "deposit", Decimal(20000), NOW)
BOOKS = Books([DUE], [ASKED, MAY], [TOP_UP])

POSITIONS = {"Positions": [{"PositionName": "Стрижка"}, {"PositionName": "Шампунь"}]}
RECORD = ("record", 2, "dead_lettered", "money_without_lines", "5000.00 ₸ were paid", None, None, "0", None)
GOODS = ("goods_operations_sale", 71, "dead_lettered", "no_money", "900.00 ₸ are due", None, 5001, "0", "5001")
DEPOSIT = ("finances_operation", 9, "dead_lettered", "deposit", "20000.00 ₸ were put", None, None, "0", "6001")
RETURN = ("altegio_1", "3000.00 ₸ less", [{"position": 1, "count": "2"}], POSITIONS)


class Answers:
    """Tables that answer with these rows."""

    def __init__(self, *rows: Any, due: Any = RETURN) -> None:
        self.rows, self.due = rows, due

    def ask(self, statement: str) -> list[Any]:
        return [self.due] if "return_due" in statement else list(self.rows)

    def list_failed(self) -> list[str]:
        return [f"delivery 1 of {row[0]} {row[1]} {row[3]} {row[2]}: {row[4]}" for row in self.rows]


def test_each_is_told_of_the_receipt_it_would_be() -> None:
    tables: Any = Answers(RECORD, GOODS, DEPOSIT)

    said = find_said(tables, list_items(tables))

    assert {number: words.split()[0] for number, words in said.items()} == {
        "altegio_1": "3000.00",
        "altegio_2": "5000.00",
        "altegio_goods_5001": "900.00",
        "altegio_goods_6001": "20000.00",
    }


def test_what_the_books_want_asked_has_not_failed() -> None:
    tables: Any = Answers(RECORD, GOODS, DEPOSIT, ("record", 3, "dead_lettered", "no_rate", "?", None, None, "0", None))

    assert find_failed(tables, list_items(tables), BOOKS) == ["delivery 1 of record 3 no_rate dead_lettered: ?"]


@pytest.mark.parametrize(
    ("row", "is_listed"),
    [(DEPOSIT, True), ((*DEPOSIT[:4], "some were put", *DEPOSIT[5:]), False), (RECORD, False)],
    ids=["with its sum", "without it", "not at all"],
)
def test_an_open_item_is_listed_with_its_sum(row: tuple[Any, ...], is_listed: bool) -> None:
    tables: Any = Answers(row)

    assert bool(find_unlisted(list_items(tables), BOOKS)) is not is_listed


def test_goods_taken_out_are_one_item_with_what_is_proposed() -> None:
    tables: Any = Answers()
    assert find_second_items(tables, list_items(tables), BOOKS) == []

    beside: Any = Answers(("record", 1, "dead_lettered", "difference", "it costs less", "altegio_1", None, "0", None))
    assert "beside its return" in find_second_items(beside, list_items(beside), BOOKS)[0]

    other: Any = Answers(due=(*RETURN[:2], [{"position": 0, "count": "1"}], POSITIONS))
    assert "Стрижка" in find_second_items(other, [], BOOKS)[0]

    nothing: Any = Answers(due=(*RETURN[:2], None, POSITIONS))
    assert find_second_items(nothing, [], BOOKS)
    assert find_second_items(nothing, [], Books([replace(DUE, proposed=())])) == []
