"""What pays for a visit and is no money: a certificate, a membership, bonuses. And what only stands beside it.

No receipt is due for what they paid, since a certificate and a membership had theirs when they were sold and bonuses are a
discount; the rest has one of its own kinds. Accruals are nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from dev.simulator.altegio.bodies import Visit
from dev.simulator.altegio.ledgers import loyalty_body
from dev.simulator.altegio.salon import Line
from dev.simulator.altegio.stories.script import Script, Story

# Types of Altegio; without one the flags are all that is said.
CARD, CERTIFICATE, MEMBERSHIP, DEPOSIT, UNTYPED = 3, 8, 9, 11, None
MEANS: Mapping[str, int | None] = {
    "certificate": CERTIFICATE,
    "certificate_whole": CERTIFICATE,
    "membership": MEMBERSHIP,
    "membership_whole": MEMBERSHIP,
    "bonus": CARD,
    "bonus_untyped": UNTYPED,
}
# Promotion, programme, referral, top-up by hand, expiry, a membership counted anew.
BESIDE = (1, 2, 4, 5, 7, 10)
CANCELLED = 3
# Where `cost_to_pay` stays as it is, only the sums of the two lists say what paid.
STAYS = "_stays"


def use(script: Script, story: Story, visit: Visit, type_id: int | None, amount: Decimal, at: datetime) -> None:
    """Spends, or accrues: that depends on the type."""
    _note(script, story, visit, type_id, amount, at)


def _note(
    script: Script, story: Story, visit: Visit, type_id: int | None, amount: Decimal, at: datetime, status_id: int = 1
) -> None:
    body = loyalty_body(script.ids.take("loyalty"), type_id, amount, visit, at, status_id=status_id)
    story.post("loyalty_transaction", "create", body, at, is_told=False)


def spend(script: Script, story: Story, visit: Visit) -> None:
    at, name = script.choose_end(visit), story.name.removesuffix(STAYS)
    amount = visit.total if name.endswith("_whole") else visit.total * script.rng.choice((25, 50, 75)) // 100
    use(script, story, visit, MEANS[name], amount, at)
    if name.startswith("bonus"):
        use(script, story, visit, 2, Decimal("0.5"), at)
    covered = replace(visit, lines=cover(story, visit.lines, amount))
    payments = script.pay(story, covered, at + timedelta(seconds=5))
    if payments:
        script.books.owe_record(story.name, story.salon, covered, payments)
    else:
        script.books.owe_nothing(story.name, visit, "paid by what had its receipt when it was sold")


def accrue(script: Script, story: Story, visit: Visit) -> None:
    at = script.choose_end(visit)
    for type_id in BESIDE:
        use(script, story, visit, type_id, Decimal("150.5"), at)
    script.books.owe_record(story.name, story.salon, visit, script.pay(story, visit, at + timedelta(seconds=5)))


def cancel_certificate(script: Script, story: Story, visit: Visit) -> None:
    """It was taken by mistake, and taken back: everything was paid in money."""
    at = script.choose_end(visit)
    _note(script, story, visit, CERTIFICATE, visit.total, at, CANCELLED)
    script.books.owe_record(story.name, story.salon, visit, script.pay(story, visit, at + timedelta(seconds=5)))


def cover(story: Story, lines: Sequence[Line], amount: Decimal) -> tuple[Line, ...]:
    """From the first line on, until the certificate is empty."""
    covered = []
    for line in lines:
        part = min(line.total, amount)
        covered.append(replace(line, covered=part, falls=not story.name.endswith(STAYS)))
        amount -= part
    return tuple(covered)
