"""What happens to one client or at the counter: the webhooks of it, and what the books owe for it."""

import random
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from dev.simulator.altegio.bodies import Body, Envelope, Payment, Visit, client_body, envelope, record_body
from dev.simulator.altegio.books import Books
from dev.simulator.altegio.ledgers import fee_body, goods_sale_body, payment_body
from dev.simulator.altegio.oddities import add_oddities
from dev.simulator.altegio.salon import Line, Salon, Till, Tills, add_up, to_tiyn
from dev.simulator.altegio.stories.shopping import Ids

CAME, WAITING, NO_SHOW = 1, 0, -1
ACQUIRING_RATE = Decimal("0.0095")


@dataclass(frozen=True)
class Event:
    """One change and the webhook that reports it. Altegio delivers it about five seconds later.

    `truth` is the same without PHP's habits: what its REST says from that moment on. Of some changes no webhook tells.
    """

    at: datetime
    story: str
    envelope: Envelope
    truth: Envelope
    is_told: bool = True


@dataclass(frozen=True)
class Story:
    """One chain of events in one salon; `events` is the whole day's list."""

    name: str
    salon: Salon
    events: list[Event]

    def post(
        self, resource: str, status: str, body: Body, at: datetime, *, sent: Body | None = None, is_told: bool = True
    ) -> None:
        """`sent`: how the webhook spells the body, where that differs."""
        truth = envelope(self.salon.company_id, resource, body["id"], status, body)
        message = truth if sent is None else truth | {"data": sent}
        self.events.append(Event(at, self.name, message, truth, is_told))


@dataclass
class Script:
    """Collects the events of a day. All randomness comes from `rng`, so a seed repeats the day exactly."""

    rng: random.Random
    ids: Ids
    books: Books = field(default_factory=Books)
    events: list[Event] = field(default_factory=list)

    def play_visit(self, name: str, salon: Salon, visit: Visit) -> None:
        plays = {"cancelled": self._cancel, "no_show": self._no_show}
        plays.get(name, self._come)(self.begin(name, salon, visit), visit)

    def play_counter_sale(self, salon: Salon, lines: tuple[Line, ...], at: datetime, *, undone: bool) -> None:
        """Goods sold without a visit: one event per product line, all of one document."""
        story = Story("counter_sale_undone" if undone else "counter_sale", salon, self.events)
        document_id, till = self.ids.take("document"), self.choose_till(salon)
        payments = [self.make_payment(line, line.total, document_id, till, at) for line in lines]
        self.post_counter(story, payments, "create", at)
        if not undone:
            self.books.owe_goods(story.name, salon, payments)
            return
        undone_at = at + timedelta(minutes=self.rng.randint(30, 90))
        self.post_counter(story, payments, "delete", undone_at)
        ending = {"turn": "return_due", "turned_at": undone_at, "money": "unsure", "is_certain": False}
        self.books.owe_goods(story.name, salon, payments, **ending)

    def begin(self, name: str, salon: Salon, visit: Visit) -> Story:
        story = Story(name, salon, self.events)
        self.record(story, visit, visit.created_at, status="create", attendance=WAITING)
        return story

    def _cancel(self, story: Story, visit: Visit) -> None:
        at = visit.starts_at - timedelta(minutes=self.rng.randint(30, 120))
        self.record(story, visit, at, status="delete", attendance=WAITING, deleted=True)
        self.books.owe_nothing(story.name, visit, "deleted before it was paid")

    def _no_show(self, story: Story, visit: Visit) -> None:
        self.record(story, visit, visit.starts_at + timedelta(minutes=20), attendance=NO_SHOW)
        self.books.owe_nothing(story.name, visit, "the client did not come")

    def _come(self, story: Story, visit: Visit) -> None:
        self.serve(story, visit)
        if story.name == "unpaid":
            self.books.owe_nothing(story.name, visit, "not paid that day")
            self.books.lend(story.name, visit)
            return
        paid_at = self.choose_end(visit)
        payments = self.pay(story, visit, paid_at)
        if not visit.total:
            self.books.owe_nothing(story.name, visit, "every line is free")
            return
        if story.name != "refunded":
            self.books.owe_record(story.name, story.salon, visit, payments)
            return
        refunded_at = paid_at + timedelta(minutes=self.rng.randint(15, 60))
        self.give_back(story, visit, payments, refunded_at)
        ending = {"turn": "return_due", "turned_at": refunded_at, "money": "gone", "is_certain": False}
        self.books.owe_record(story.name, story.salon, visit, payments, **ending)

    def serve(self, story: Story, visit: Visit) -> None:
        self.record(story, visit, visit.starts_at + timedelta(minutes=2), attendance=CAME)
        at = visit.starts_at + timedelta(minutes=40)
        for line in visit.goods:
            body = goods_sale_body(line, visit.document_id, at, at, visit)
            story.post("goods_operations_sale", "create", body, at)

    def choose_end(self, visit: Visit) -> datetime:
        return visit.starts_at + timedelta(minutes=55 + self.rng.randint(0, 20))

    def pay(self, story: Story, visit: Visit, at: datetime, till: Till | None = None) -> list[Payment]:
        """All of it, which the record says two seconds later."""
        payments = self.take_payments(story, visit, at, till)
        self.record(story, visit, at + timedelta(seconds=2), attendance=CAME, paid=True)
        if visit.client and visit.total:
            changed_at = at + timedelta(seconds=3)
            story.post("client", "update", client_body(visit.client, visit.total, changed_at), changed_at)
        return payments

    def take_payments(self, story: Story, visit: Visit, at: datetime, till: Till | None) -> list[Payment]:
        """One payment per paid line, or two of different kinds where the client splits the bill."""
        till = till or self.choose_till(story.salon)
        payments: list[Payment] = []
        for line in (line for line in visit.lines if line.to_pay):
            parts = self.split(line.to_pay, story.salon.tills) if story.name == "split" else [(till, line.to_pay)]
            payments += [self.make_payment(line, part, visit.document_id, used, at) for used, part in parts]
        self.post_payments(story, visit, payments, "create", at)
        self.charge_fee(story, payments, at + timedelta(seconds=1))
        return payments

    def split(self, total: Decimal, tills: Tills) -> list[tuple[Till, Decimal]]:
        """Cash in whole hundreds, as people pay; the terminal takes the rest, tiyn included."""
        hundreds = self.rng.randint(1, max(1, int(total) // 100 - 1))
        cash = to_tiyn(Decimal(hundreds * 100))
        return [(tills.cash, cash), (tills.mobile, to_tiyn(total - cash))]

    def charge_fee(self, story: Story, payments: list[Payment], at: datetime) -> None:
        cashless = [payment for payment in payments if not payment.till.is_cash]
        if not cashless or self.rng.random() < 0.5:
            return
        fee = to_tiyn(add_up(payment.amount for payment in cashless) * ACQUIRING_RATE)
        body = fee_body(self.ids.take("money"), fee, cashless[0].till, at)
        story.post("finances_operation", "create", body, at)

    def give_back(self, story: Story, visit: Visit, payments: list[Payment], at: datetime) -> None:
        self.post_payments(story, visit, payments, "delete", at)
        self.record(story, visit, at + timedelta(seconds=2), attendance=CAME)

    def post_payments(self, story: Story, visit: Visit, payments: Sequence[Payment], status: str, at: datetime) -> None:
        for payment in payments:
            story.post("finances_operation", status, payment_body(payment, visit, at), at)

    def post_counter(self, story: Story, payments: Sequence[Payment], status: str, at: datetime) -> None:
        sold = {payment.line: payment for payment in payments}
        for line, payment in sold.items():
            body = goods_sale_body(line, payment.document_id, payment.paid_at, at)
            # Of a service that is sold without a visit no webhook tells; its document does.
            is_service = line.kind == "service"
            truth = body | {"sold_as": "service"} if is_service else body
            story.post("goods_operations_sale", status, truth, at, is_told=not is_service)
        self.move_money(story, payments, status, at + timedelta(seconds=1))

    def move_money(self, story: Story, payments: Sequence[Payment], status: str, at: datetime) -> None:
        """Of a sale over the counter."""
        for payment in payments:
            story.post("finances_operation", status, payment_body(payment, None, at), at)

    def choose_till(self, salon: Salon) -> Till:
        return self.rng.choices(salon.tills.all, weights=(3, 4, 3))[0]

    def make_payment(self, line: Line, amount: Decimal, document_id: int, till: Till, at: datetime) -> Payment:
        return Payment(self.ids.take("money"), document_id, amount, till, line, at)

    def record(
        self,
        story: Story,
        visit: Visit,
        at: datetime,
        *,
        attendance: int,
        status: str = "update",
        paid: bool = False,
        deleted: bool = False,
    ) -> None:
        body = record_body(visit, at, attendance=attendance, paid=paid, deleted=deleted)
        sent = deepcopy(body)
        add_oddities(sent, self.rng)
        story.post("record", status, body, at, sent=sent)
