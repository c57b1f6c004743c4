"""What a week has beyond a day: certificates, visits in two records, floods, and second thoughts after closing.

What is changed in the evening is changed after its receipt, so the books can say for certain what has to follow.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from dev.simulator.altegio.bodies import Payment, Visit, wire_number
from dev.simulator.altegio.books import Money, Turn
from dev.simulator.altegio.ledgers import OTHER_OUTGO, deposit_body, loyalty_body, payment_body
from dev.simulator.altegio.money_stories import ASKED, EVENINGS, MoneyScript
from dev.simulator.altegio.salon import CERTIFICATES, ZERO, Line, Person, Salon, Till
from dev.simulator.altegio.stories import CAME, WAITING, Story

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
COUNTER_TURNS: dict[str, Turn | None] = {
    "counter_sale": None,
    "counter_split": None,
    "counter_certificate": None,
    "counter_undone_later": "return_due",
    "counter_paid_back_later": "return_due",
}
# Where the money of a return due was turned into an expense, or Altegio cannot be asked for it any more: a document that is
# deleted takes its list of payments along.
MONEY: dict[str, Money] = dict.fromkeys(("flipped_later", "counter_undone_later"), "unsure")


@dataclass(kw_only=True)
class WeekScript(MoneyScript):
    def play_week_visit(self, name: str, salon: Salon, visit: Visit) -> None:
        plays: dict[str, Callable[[Story, Visit], None]] = {
            "certificate": self._pay_with_certificate,
            "certificate_whole": self._pay_with_certificate,
            "partly": self._pay_partly,
            "flood": self._flood,
            "two_records": self._come_twice,
            **dict.fromkeys(VISIT_TURNS, self._turn_later),
            **dict.fromkeys(EVENINGS, self.play_evening),
            **dict.fromkeys(ASKED, self.play_asked),
        }
        if name not in plays:
            self.play_visit(name, salon, visit)
            return
        story = self._begin(name, salon, visit)
        self._serve(story, visit)
        plays[name](story, visit)

    def play_counter(self, name: str, salon: Salon, at: datetime) -> None:
        """One to three products, or one certificate or membership."""
        story = Story(name, salon, self.events)
        document_id, till = self.ids.take("document"), self._choose_till(salon)
        payments: list[Payment] = []
        for line in self._choose_counter_lines(name):
            parts = self._split(line.total, salon.tills) if name == "counter_split" else [(till, line.total)]
            payments += [self.make_payment(line, part, document_id, used, at) for used, part in parts]
        self._post_counter(story, payments, "create", at)
        turn = COUNTER_TURNS[name]
        if turn is None:
            self.books.owe_goods(name, salon, payments)
            return
        turned_at = self.choose_evening(at.date())
        self.books.owe_goods(name, salon, payments, turn=turn, turned_at=turned_at, money=MONEY.get(name, "gone"))
        if name == "counter_undone_later":
            self._post_counter(story, payments, "delete", turned_at)
        else:
            self._move_money(story, payments, "delete", turned_at)

    def play_deposit(self, salon: Salon, client: Person | None, at: datetime) -> None:
        """Money on a client's own account is no sale: while the salon makes its receipts by hand it is an open item."""
        amount, operation_id = Decimal(1000 * self.rng.randint(5, 30)), self.ids.take("money")
        self.books.open_items.append(operation_id)
        body = deposit_body(operation_id, amount, self._choose_till(salon), client, at)
        Story("deposit", salon, self.events).post("finances_operation", "create", body, at)

    def _choose_counter_lines(self, name: str) -> Sequence[Line]:
        if name == "counter_certificate":
            ware = self.rng.choice(CERTIFICATES)
            return (Line(self.ids.take("line"), "good", ware, 1, ZERO, ware.price),)
        return self.shopper.choose_goods(self.rng.randint(1, 3))

    def _pay_with_certificate(self, story: Story, visit: Visit) -> None:
        at = self._choose_end(visit)
        share = 100 if story.name == "certificate_whole" else self.rng.choice((25, 50, 75))
        amount = visit.total if share == 100 else visit.total * share // 100
        title = self.rng.choice(("Сертификат", "Бонусы"))
        body = loyalty_body(self.ids.take("loyalty"), amount, title, visit, at)
        story.post("loyalty_transaction", "create", body, at, is_told=False)
        covered = replace(visit, lines=_cover(visit.lines, amount))
        payments = self._pay(story, covered, at + timedelta(seconds=5))
        if payments:
            self.books.owe_record(story.name, story.salon, covered, payments)
        else:
            self.books.owe_nothing(story.name, visit, "paid with a certificate, which had its receipt when it was sold")

    def _pay_partly(self, story: Story, visit: Visit) -> None:
        line, at = visit.lines[0], self._choose_end(visit)
        part = self.make_payment(line, line.total // 2, visit.document_id, self._choose_till(story.salon), at)
        self._post_payments(story, visit, [part], "create", at)
        self._record(story, visit, at + timedelta(seconds=2), attendance=CAME)
        self.books.owe_nothing(story.name, visit, "paid in part only")

    def _flood(self, story: Story, visit: Visit) -> None:
        """Staff clicks, other integrations write: one update after another, and nothing new in them."""
        at = self._choose_end(visit)
        payments = self._pay(story, visit, at)
        for seconds in range(3, 3 + FLOOD):
            self._record(story, visit, at + timedelta(seconds=seconds), attendance=CAME, paid=True)
        self.books.owe_record(story.name, story.salon, visit, payments)

    def _come_twice(self, story: Story, visit: Visit) -> None:
        """Two specialists, so two records with a document each, of one visit; both are paid at the end."""
        second = replace(
            visit,
            record_id=self.ids.take("record"),
            document_id=self.ids.take("document"),
            lines=self.shopper.choose_lines("goods"),
            starts_at=visit.starts_at + timedelta(minutes=15),
        )
        self._record(story, second, second.created_at, status="create", attendance=WAITING)
        self._serve(story, second)
        at, till = self._choose_end(second), self._choose_till(story.salon)
        for record in (visit, second):
            self.books.owe_record(story.name, story.salon, record, self._pay(story, record, at, till))

    def _turn_later(self, story: Story, visit: Visit) -> None:
        till = story.salon.tills.cash if story.name == "till_changed" else None
        payments = self._pay(story, visit, self._choose_end(visit), till)
        at, turn = self.choose_evening(visit.starts_at.date()), VISIT_TURNS[story.name]
        ending: dict[str, Any] = {"turn": turn, "turned_at": at} if turn else {}
        if turn == "return_due":
            ending["money"] = MONEY.get(story.name, "gone")
        self.books.owe_record(story.name, story.salon, visit, payments, **ending)
        turns: dict[str, Callable[[Story, Visit, list[Payment], datetime], None]] = {
            "refunded_later": self._give_back,
            "deleted_later": self._delete,
            "flipped_later": self._flip,
            "price_changed": self._change_price,
            "service_added": self._add_service,
            "till_changed": self._book_anew,
            "rebooked": self._book_anew,
        }
        turns[story.name](story, visit, payments, at)

    def _delete(self, story: Story, visit: Visit, payments: list[Payment], at: datetime) -> None:
        self._post_payments(story, visit, payments, "delete", at)
        self._record(story, visit, at + timedelta(seconds=3), status="delete", attendance=CAME, deleted=True)

    def _flip(self, story: Story, visit: Visit, payments: list[Payment], at: datetime) -> None:
        """The item of the payment is changed to an expense, which turns its sign."""
        for payment in payments:
            body = payment_body(payment, visit, at) | {"amount": wire_number(-payment.amount), "expense": OTHER_OUTGO}
            story.post("finances_operation", "update", body, at)
        self._record(story, visit, at + timedelta(seconds=2), attendance=CAME)

    def _change_price(self, story: Story, visit: Visit, payments: list[Payment], at: datetime) -> None:
        """Paid back, corrected, paid again, within a minute."""
        self._give_back(story, visit, payments, at)
        first, *others = visit.lines
        changed = replace(visit, lines=(replace(first, total=first.total + self.rng.choice((-500, 700))), *others))
        self._record(story, changed, at + timedelta(seconds=20), attendance=CAME)
        self._pay(story, changed, at + timedelta(seconds=40), payments[0].till)

    def _add_service(self, story: Story, visit: Visit, payments: list[Payment], at: datetime) -> None:
        [more] = self.shopper.choose_lines("plain")
        extended = replace(visit, lines=(*visit.lines, more))
        self._record(story, extended, at, attendance=CAME)
        paid_at = at + timedelta(seconds=20)
        payment = self.make_payment(more, more.total, visit.document_id, payments[0].till, paid_at)
        self._post_payments(story, extended, [payment], "create", paid_at)
        self._record(story, extended, paid_at + timedelta(seconds=2), attendance=CAME, paid=True)

    def _book_anew(self, story: Story, visit: Visit, payments: list[Payment], at: datetime) -> None:
        """Cash was Kaspi after all, or the same once more: either way one payment is deleted and one is made."""
        till: Till = story.salon.tills.mobile if story.name == "till_changed" else payments[0].till
        self._give_back(story, visit, payments, at)
        self._pay(story, visit, at + timedelta(seconds=8), till)


def _cover(lines: Sequence[Line], amount: Decimal) -> tuple[Line, ...]:
    """From the first line on, until the certificate is empty."""
    covered = []
    for line in lines:
        part = min(line.total, amount)
        covered.append(replace(line, covered=part))
        amount -= part
    return tuple(covered)
