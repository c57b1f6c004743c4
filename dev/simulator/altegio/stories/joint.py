"""Several records of one visit: two specialists, so two receipts, and one payment or more for both."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from dev.simulator.altegio.bodies import Visit
from dev.simulator.altegio.ledgers import payment_body
from dev.simulator.altegio.salon import Till, add_up
from dev.simulator.altegio.stories.script import CAME, WAITING, Script, Story
from dev.simulator.altegio.stories.shopping import Shopper

JOINT = ("joint", "joint_visit_alone", "joint_short", "joint_open")
MISSING = Decimal(1000)


def begin_second(script: Script, shopper: Shopper, story: Story, visit: Visit) -> Visit:
    second = replace(
        visit,
        record_id=script.ids.take("record"),
        document_id=script.ids.take("document"),
        lines=shopper.choose_lines("goods"),
        starts_at=visit.starts_at + timedelta(minutes=15),
    )
    script.record(story, second, second.created_at, status="create", attendance=WAITING)
    script.serve(story, second)
    return second


def come_twice(script: Script, shopper: Shopper, story: Story, visit: Visit) -> None:
    """Each record is paid by itself."""
    second = begin_second(script, shopper, story, visit)
    at, till = script.choose_end(second), script.choose_till(story.salon)
    for record in (visit, second):
        script.books.owe_record(story.name, story.salon, record, script.pay(story, record, at, till))


def pay_together(script: Script, shopper: Shopper, story: Story, visit: Visit) -> None:
    """One payment names the first record, or the visit alone; where it is too little, no record takes a default kind."""
    second = begin_second(script, shopper, story, visit)
    at, till = script.choose_end(second), script.choose_till(story.salon)
    records, whole = (visit, second), add_up((visit.total, second.total))
    is_short = story.name in ("joint_short", "joint_open")
    _pay(script, story, visit, whole - MISSING if is_short else whole, till, at)
    for record in records:
        script.record(story, record, at + timedelta(seconds=2), attendance=CAME, paid=True)
    if story.name == "joint_open":
        why, told = "the payment of the visit does not fit its records", (whole - MISSING,)
        script.books.owe_nothing(story.name, visit, why, asked_at=at, told=told)
        script.books.owe_nothing(story.name, second, why, asked_at=at)
        return
    paid_at = at
    if is_short:
        paid_at = at + timedelta(minutes=10)
        _pay(script, story, second, MISSING, till, paid_at)
    for record in records:
        share = script.make_payment(record.lines[0], record.total, record.document_id, till, paid_at)
        script.books.owe_record(story.name, story.salon, record, [share])


def _pay(script: Script, story: Story, visit: Visit, amount: Decimal, till: Till, at: datetime) -> None:
    payment = script.make_payment(visit.lines[0], amount, visit.document_id, till, at)
    body = payment_body(payment, visit, at)
    if story.name == "joint_visit_alone":
        body |= {"record_id": 0, "record": None}
    story.post("finances_operation", "create", body, at)
