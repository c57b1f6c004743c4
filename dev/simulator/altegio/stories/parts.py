"""A part is paid now and the rest later, or never: one receipt at the end, or one for each payment, as the salon chose."""

from dataclasses import replace
from datetime import timedelta

from dev.simulator.altegio.bodies import Payment, Visit
from dev.simulator.altegio.stories.evenings import MoneyScript
from dev.simulator.altegio.stories.script import CAME, Story

PARTS = ("partly", "prepaid")


def pay_in_parts(script: MoneyScript, story: Story, visit: Visit) -> None:
    """The rest is paid in the evening, so that the part has its receipt by then, if it gets one."""
    part = _pay_part(script, story, visit)
    covered = replace(visit, lines=(replace(part.line, covered=part.amount),))
    late = []
    if story.name == "prepaid":
        at = script.choose_evening(visit.starts_at.date())
        amount = part.line.total - part.amount
        late = [script.make_payment(part.line, amount, visit.document_id, script.choose_till(story.salon), at)]
        script.post_payments(story, visit, late, "create", at)
        script.record(story, visit, at + timedelta(seconds=2), attendance=CAME, paid=True)
    if story.salon.choices.part_payments == "each":
        script.books.owe_part(story.name, story.salon, visit, part)
        if late:
            script.books.owe_record(story.name, story.salon, covered, late)
    elif late:
        script.books.owe_record(story.name, story.salon, visit, [part, *late])
    if not late:
        script.books.owe_nothing(story.name, visit, "paid in part only")
        script.books.lend(story.name, visit, part.amount)


def _pay_part(script: MoneyScript, story: Story, visit: Visit) -> Payment:
    """When the visit is booked, maybe the day before; or at its end."""
    line, till = visit.lines[0], script.choose_till(story.salon)
    at = visit.created_at + timedelta(minutes=3) if story.name == "prepaid" else script.choose_end(visit)
    part = script.make_payment(line, line.total // 3, visit.document_id, till, at)
    script.post_payments(story, visit, [part], "create", at)
    if story.name == "partly":
        script.record(story, visit, at + timedelta(seconds=2), attendance=CAME)
    return part


def delete_half_paid(script: MoneyScript, story: Story, visit: Visit) -> None:
    """The payment stays: a person is asked. Where it had a receipt of its own, that is doubted with the sum."""
    at, line = script.choose_end(visit), visit.lines[0]
    half = script.make_payment(line, line.total // 2, visit.document_id, script.choose_till(story.salon), at)
    script.post_payments(story, visit, [half], "create", at)
    has_receipt = story.salon.choices.part_payments == "each"
    later = script.choose_evening(at.date()) if has_receipt else at + timedelta(seconds=30)
    script.record(story, visit, later, status="delete", attendance=CAME, deleted=True)
    told = (half.amount,)
    if has_receipt:
        script.books.owe_part(story.name, story.salon, visit, half, turn="person", turned_at=later, told=told)
        script.books.owe_nothing(story.name, visit, "deleted, and its part has a receipt", may_ask=True)
    else:
        script.books.owe_nothing(story.name, visit, "money without a sale", asked_at=later, told=told)
