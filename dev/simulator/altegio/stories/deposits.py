"""Money on a client's own account: one receipt for it, at the moment that the salon has written down.

At the top-up: a visit paid from it has none. At the spending: of the kind the top-up was paid with. By hand: an open item.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from dev.simulator.altegio.bodies import Visit
from dev.simulator.altegio.books import KINDS, OpenItem
from dev.simulator.altegio.ledgers import deposit_body
from dev.simulator.altegio.salon import Person, Till
from dev.simulator.altegio.stories.loyalty import DEPOSIT, cover, use
from dev.simulator.altegio.stories.script import Script, Story


def top_up(script: Script, story: Story, client: Person | None, amount: Decimal, till: Till, at: datetime) -> None:
    operation_id, document_id, salon = script.ids.take("money"), script.ids.take("document"), story.salon
    body = deposit_body(operation_id, document_id, amount, till, client, at)
    story.post("finances_operation", "create", body, at)
    if salon.choices.deposits == "at_top_up":
        kind = next(kind for kind in KINDS if kind == till.kind)
        script.books.owe_top_up(story.name, salon, document_id, amount, kind, at)
    elif salon.choices.deposits == "by_hand":
        script.books.open_items.append(OpenItem(salon.company_id, operation_id, story.name, amount, at))


def pay_from_deposit(script: Script, story: Story, visit: Visit) -> None:
    """All of it, or a part."""
    salon, at, till = story.salon, script.choose_end(visit), script.choose_till(story.salon)
    assert visit.client is not None
    top_up(script, story, visit.client, Decimal(20_000), till, visit.created_at + timedelta(minutes=10))
    amount = visit.total // 2 if "part" in story.name else visit.total
    use(script, story, visit, DEPOSIT, amount, at)
    covered = replace(visit, lines=cover(story, visit.lines, amount))
    payments = script.pay(story, covered, at + timedelta(seconds=5))
    if salon.choices.deposits == "at_spending":
        spent = script.make_payment(visit.lines[0], amount, visit.document_id, till, at)
        script.books.owe_record(story.name, salon, visit, [*payments, spent])
    elif payments:
        script.books.owe_record(story.name, salon, covered, payments)
    elif salon.choices.deposits == "at_top_up":
        script.books.owe_nothing(story.name, visit, "its deposit had a receipt when it was topped up")
    else:
        asked = {"asked_at": at, "told": (amount,)}
        script.books.owe_nothing(story.name, visit, "the receipt of a deposit is made by hand", **asked)
