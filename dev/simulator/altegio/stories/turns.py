"""What a week has beyond a day: every play of it by its name, payments in parts, floods, and second thoughts after closing.

What is changed in the evening is changed after its receipt, so the books can say for certain what has to follow.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from dev.simulator.altegio.bodies import Payment, Visit, wire_number
from dev.simulator.altegio.books import Money, Turn
from dev.simulator.altegio.ledgers import OTHER_OUTGO, payment_body
from dev.simulator.altegio.salon import Person, Salon, Till
from dev.simulator.altegio.stories.beside import ACCOUNTS, EXTRAS, pay_and_more, pay_outside
from dev.simulator.altegio.stories.deposits import pay_from_deposit, top_up
from dev.simulator.altegio.stories.evenings import ASKED, EVENINGS, MoneyScript
from dev.simulator.altegio.stories.joint import JOINT, come_twice, pay_together
from dev.simulator.altegio.stories.loyalty import MEANS, STAYS, accrue, cancel_certificate, spend
from dev.simulator.altegio.stories.parts import PARTS, delete_half_paid, pay_in_parts
from dev.simulator.altegio.stories.script import CAME, Story

FLOOD = 8
# What the evening makes of a receipt; None: money was booked anew, and the receipt still tells the truth.
VISIT_TURNS: dict[str, Turn | None] = {
    "refunded_later": "return_due",
    "deleted_later": "return_due",
    "flipped_later": "return_due",
    "price_changed": "difference",
    "service_added": "difference",
    "till_changed": "difference",
    "rebooked": None,
}
# Where the money of a return due was turned into an expense.
MONEY: dict[str, Money] = {"flipped_later": "unsure"}


@dataclass(kw_only=True)
class WeekScript(MoneyScript):
    _turns: Counter[str] = field(default_factory=Counter)

    def play_week_visit(self, name: str, salon: Salon, visit: Visit) -> None:
        if name not in PLAYS:
            self.play_visit(name, salon, visit)
            return
        if name in OF_LEDGER and not self._falls(name, salon):
            # Which line the rest of the money pays is then nobody's to say.
            name, visit = f"{name}{STAYS}", replace(visit, lines=visit.lines[:1])
        story = self.begin(name, salon, visit)
        self.serve(story, visit)
        PLAYS[name.removesuffix(STAYS)](self, story, visit)

    def _falls(self, name: str, salon: Salon) -> bool:
        """In turn, where a salon's Altegio may do either."""
        self._turns[name] += 1
        return salon.cost_to_pay == "falls" or (salon.cost_to_pay == "both" and self._turns[name] % 2 == 1)

    def play_deposit(self, salon: Salon, client: Person | None, at: datetime) -> None:
        """Of which nothing was spent yet."""
        amount = Decimal(1000 * self.rng.randint(5, 30))
        top_up(self, Story("deposit", salon, self.events), client, amount, self.choose_till(salon), at)

    def flood(self, story: Story, visit: Visit) -> None:
        """Staff clicks, other integrations write: one update after another, and nothing new in them."""
        at = self.choose_end(visit)
        payments = self.pay(story, visit, at)
        for seconds in range(3, 3 + FLOOD):
            self.record(story, visit, at + timedelta(seconds=seconds), attendance=CAME, paid=True)
        self.books.owe_record(story.name, story.salon, visit, payments)

    def turn_later(self, story: Story, visit: Visit) -> None:
        till = story.salon.tills.cash if story.name == "till_changed" else None
        payments = self.pay(story, visit, self.choose_end(visit), till)
        at, turn = self.choose_evening(visit.starts_at.date()), VISIT_TURNS[story.name]
        ending: dict[str, Any] = {"turn": turn, "turned_at": at} if turn else {}
        if turn == "return_due":
            ending["money"] = MONEY.get(story.name, "gone")
        self.books.owe_record(story.name, story.salon, visit, payments, **ending)
        turns: dict[str, Callable[[Story, Visit, list[Payment], datetime], None]] = {
            "refunded_later": self.give_back,
            "deleted_later": self._delete,
            "flipped_later": self._flip,
            "price_changed": self._change_price,
            "service_added": self._add_service,
            "till_changed": self._book_anew,
            "rebooked": self._book_anew,
        }
        turns[story.name](story, visit, payments, at)

    def _delete(self, story: Story, visit: Visit, payments: list[Payment], at: datetime) -> None:
        self.post_payments(story, visit, payments, "delete", at)
        self.record(story, visit, at + timedelta(seconds=3), status="delete", attendance=CAME, deleted=True)

    def _flip(self, story: Story, visit: Visit, payments: list[Payment], at: datetime) -> None:
        """The item of the payment is changed to an expense, which turns its sign."""
        for payment in payments:
            body = payment_body(payment, visit, at) | {"amount": wire_number(-payment.amount), "expense": OTHER_OUTGO}
            story.post("finances_operation", "update", body, at)
        self.record(story, visit, at + timedelta(seconds=2), attendance=CAME)

    def _change_price(self, story: Story, visit: Visit, payments: list[Payment], at: datetime) -> None:
        """Paid back, corrected, paid again, within a minute."""
        self.give_back(story, visit, payments, at)
        first, *others = visit.lines
        changed = replace(visit, lines=(replace(first, total=first.total + self.rng.choice((-500, 700))), *others))
        self.record(story, changed, at + timedelta(seconds=20), attendance=CAME)
        self.pay(story, changed, at + timedelta(seconds=40), payments[0].till)

    def _add_service(self, story: Story, visit: Visit, payments: list[Payment], at: datetime) -> None:
        [more] = self.shopper.choose_lines("plain")
        extended = replace(visit, lines=(*visit.lines, more))
        self.record(story, extended, at, attendance=CAME)
        paid_at = at + timedelta(seconds=20)
        payment = self.make_payment(more, more.total, visit.document_id, payments[0].till, paid_at)
        self.post_payments(story, extended, [payment], "create", paid_at)
        self.record(story, extended, paid_at + timedelta(seconds=2), attendance=CAME, paid=True)

    def _book_anew(self, story: Story, visit: Visit, payments: list[Payment], at: datetime) -> None:
        """Cash was Kaspi after all, or the same once more: either way one payment is deleted and one is made."""
        till: Till = story.salon.tills.mobile if story.name == "till_changed" else payments[0].till
        self.give_back(story, visit, payments, at)
        self.pay(story, visit, at + timedelta(seconds=8), till)


Play = Callable[[WeekScript, Story, Visit], None]
OF_LEDGER = (*MEANS, "deposit_spent", "deposit_part")
PLAYS: Mapping[str, Play] = {
    **dict.fromkeys(MEANS, spend),
    "accrued": accrue,
    "certificate_cancelled": cancel_certificate,
    **dict.fromkeys(("deposit_spent", "deposit_part"), pay_from_deposit),
    **dict.fromkeys(ACCOUNTS, pay_outside),
    **dict.fromkeys(EXTRAS, pay_and_more),
    **dict.fromkeys(PARTS, pay_in_parts),
    "deleted_half_paid": delete_half_paid,
    "flood": WeekScript.flood,
    "two_records": lambda script, story, visit: come_twice(script, script.shopper, story, visit),
    **dict.fromkeys(JOINT, lambda script, story, visit: pay_together(script, script.shopper, story, visit)),
    **dict.fromkeys(VISIT_TURNS, WeekScript.turn_later),
    **dict.fromkeys(EVENINGS, WeekScript.play_evening),
    **dict.fromkeys(ASKED, WeekScript.play_asked),
}
