"""Money that our register does not count: on accounts of another sort, and that is no part of the sale it stands beside."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from dev.simulator.altegio.bodies import Body, Visit
from dev.simulator.altegio.ledgers import OTHER_INCOME, apart_body
from dev.simulator.altegio.salon import Till
from dev.simulator.altegio.stories.script import CAME, Script, Story

ACCOUNTS = ("bank", "bank_part", "terminal", "terminal_part")
# What the id of a till for tips is beyond that of the cash.
TIPS_TILL = 8
TO_THE_BANK = {"id": 15, "title": "Инкассация", "type": 1}
CHANGE_PUT_IN = {"id": 16, "title": "Внесение размена", "type": 7}


def pay_outside(script: Script, story: Story, visit: Visit) -> None:
    """Between bank accounts there is no receipt; a terminal that is a register itself has made it."""
    tills, at = story.salon.tills, script.choose_end(visit)
    till = tills.bank if story.name.startswith("bank") else tills.terminal
    if not story.name.endswith("part"):
        script.pay(story, visit, at, till)
        script.books.owe_nothing(story.name, visit, f"paid on an account that is {till.kind}")
        return
    line = visit.lines[0]
    outside = line.total // 2
    rest = script.make_payment(line, line.total - outside, visit.document_id, script.choose_till(story.salon), at)
    parts = [script.make_payment(line, outside, visit.document_id, till, at), rest]
    script.post_payments(story, visit, parts, "create", at)
    script.record(story, visit, at + timedelta(seconds=2), attendance=CAME, paid=True)
    covered = replace(visit, lines=(replace(line, covered=outside),))
    script.books.owe_record(story.name, story.salon, covered, [rest])


def tip(script: Script, story: Story, visit: Visit, at: datetime) -> None:
    number, title = story.salon.choices.tip_item
    _take(script, story, visit, at, {"id": number, "title": title, "type": 7}, story.salon.tills.cash)


def tip_into_its_own_till(script: Script, story: Story, visit: Visit, at: datetime) -> None:
    till = Till(story.salon.tills.cash.id + TIPS_TILL, "Чаевые", "cash")
    _take(script, story, visit, at, OTHER_INCOME, till)


def take_unassigned(script: Script, story: Story, visit: Visit, at: datetime) -> None:
    _take(script, story, visit, at, OTHER_INCOME, story.salon.tills.cash)


def _take(script: Script, story: Story, visit: Visit, at: datetime, item: Body, till: Till) -> None:
    amount = Decimal(100 * script.rng.randint(3, 20))
    story.post("finances_operation", "create", apart_body(script.ids.take("money"), amount, till, at, item, visit), at)


Extra = Callable[[Script, Story, Visit, datetime], None]
EXTRAS: dict[str, Extra] = {"tips": tip, "tips_till": tip_into_its_own_till, "income": take_unassigned}


def pay_and_more(script: Script, story: Story, visit: Visit) -> None:
    """Before the payment, or after it."""
    at = script.choose_end(visit)
    EXTRAS[story.name](script, story, visit, at + timedelta(seconds=script.rng.choice((-20, 20))))
    script.books.owe_record(story.name, story.salon, visit, script.pay(story, visit, at))


def move_cash(script: Script, story: Story, at: datetime) -> None:
    """Change is put into the drawer, and cash is taken to the bank: no sale, and no receipt; a manager may book it."""
    till = story.salon.tills.cash
    for amount, item, after in ((Decimal(15_000), CHANGE_PUT_IN, 0), (Decimal(-60_000), TO_THE_BANK, 40)):
        moved_at, operation_id = at + timedelta(minutes=after), script.ids.take("money")
        script.books.cash_moves.append(operation_id)
        body = apart_body(operation_id, amount, till, moved_at, item)
        story.post("finances_operation", "create", body, moved_at)
