"""Money that seems to be gone, and money that is: each story of an evening beside what the receipt then wants.

The wants are those of the law and of a salon's accountant, not of the service: a receipt is for the sum that was paid, one
whose money the salon still has is never returned, and money given back never keeps its receipt without a word.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, Literal

from dev.simulator.altegio.bodies import Payment, Visit, record_body
from dev.simulator.altegio.books import KINDS, Money, Turn, list_due
from dev.simulator.altegio.ledgers import REFUND_OUTGO, goods_sale_body, payment_body
from dev.simulator.altegio.salon import Kind, add_up
from dev.simulator.altegio.stories.beside import EXTRAS
from dev.simulator.altegio.stories.script import CAME, WAITING, Script, Story
from dev.simulator.altegio.stories.shopping import Shopper

EVENING = time(22)


@dataclass(frozen=True)
class DeskPayment:
    """Staff takes all of a visit on our payment page, and Altegio never learns of it."""

    at: datetime
    company_id: int
    record_id: int
    kind: Kind


@dataclass(frozen=True)
class DeskReturn:
    """A manager returns one of several marked pieces of the last line, and chooses which."""

    at: datetime
    external_check_number: str
    title: str
    mark: str


@dataclass(frozen=True)
class DeskCorrection:
    """A manager finds that a sale was paid in another way: it is returned and sold anew in one step."""

    at: datetime
    external_check_number: str
    kind: Kind

    @property
    def anew(self) -> str:
        """The number of the second sale."""
        return f"{self.external_check_number}_2"


@dataclass(frozen=True)
class Scene:
    """The evening of a visit that has its receipt."""

    script: "MoneyScript"
    story: Story
    visit: Visit
    payments: Sequence[Payment]
    at: datetime

    def update(self, visit: Visit, after: float = 2, *, paid: bool = False, **more: int) -> None:
        body = record_body(visit, self.at + timedelta(seconds=after), paid=paid, deleted=False, attendance=CAME)
        self.story.post("record", "update", body | more, self.at + timedelta(seconds=after))

    def delete(self) -> None:
        body = record_body(self.visit, self.at, attendance=CAME, paid=bool(self.payments), deleted=True)
        self.story.post("record", "delete", body, self.at)

    def say_unpaid(self, changed_at: datetime) -> None:
        """A webhook of that moment comes now; nothing happens to the visit itself."""
        truth = record_body(self.visit, self._find_paid_at(), attendance=CAME, paid=True, deleted=False)
        sent = record_body(self.visit, changed_at, attendance=CAME, paid=False, deleted=False)
        self.story.post("record", "update", truth, self.at, sent=sent)

    def say_unpaid_in_the_same_second(self) -> None:
        self.say_unpaid(self._find_paid_at())

    def say_unpaid_late(self) -> None:
        self.say_unpaid(self.visit.starts_at + timedelta(minutes=2))

    def give_back(self, amount: Decimal, after: float = 0) -> None:
        """Booked as an expense of the visit."""
        line, at = self.visit.lines[0], self.at + timedelta(seconds=after)
        payment = self.script.make_payment(line, -amount, self.visit.document_id, self.story.salon.tills.cash, at)
        self.story.post("finances_operation", "create", payment_body(payment, self.visit, at, REFUND_OUTGO), at)

    def change_payment(self, visit: Visit, amount: Decimal) -> None:
        """The last payment says another sum, or another visit."""
        changed = replace(self.payments[-1], amount=amount, document_id=visit.document_id)
        self.story.post("finances_operation", "update", payment_body(changed, visit, self.at), self.at)

    def reprice(self, difference: int) -> tuple[Decimal, Decimal]:
        """A service costs more, or another one came on top, and nobody paid for it yet. Both sums."""
        first, *others = self.visit.lines
        changed = replace(self.visit, lines=(replace(first, total=first.total + difference), *others))
        self.update(changed)
        return self.visit.total, changed.total

    def take_out(self, money: Literal["deleted", "expense"]) -> tuple[Decimal]:
        """The last goods come back, and their money goes back."""
        *kept, out = self.visit.lines
        self.update(replace(self.visit, lines=tuple(kept)), 4, paid=True)
        body = goods_sale_body(out, self.visit.document_id, self.at, self.at, self.visit)
        self.story.post("goods_operations_sale", "delete", body, self.at)
        if money == "expense":
            self.give_back(out.total, 2)
            return (out.total,)
        for payment in (one for one in self.payments if one.line == out):
            body = payment_body(payment, self.visit, self.at)
            self.story.post("finances_operation", "delete", body, self.at + timedelta(seconds=2))
        return (out.total,)

    def bring_back_a_piece(self) -> tuple[Decimal]:
        """Money for one of the marked pieces is given back, and a manager returns the piece that was brought."""
        line = self.visit.lines[-1]
        self.give_back(line.ware.price)
        number = f"altegio_{self.visit.record_id}"
        brought = self.script.rng.choice(line.marks)
        self.script.returns.append(DeskReturn(self.at, number, line.ware.title, brought))
        return (line.ware.price,)

    def correct_kind(self) -> None:
        """No money moves: what was taken at the desk was taken in another way."""
        taken = self.script.desk[-1].kind
        kind = self.script.rng.choice([one for one in KINDS if one != taken])
        self.script.corrections.append(DeskCorrection(self.at, f"altegio_{self.visit.record_id}", kind))

    def move(self) -> None:
        """The payment belongs to another visit of that day, which was unpaid: it gets the receipt of its own."""
        other = self.script.twin(self.story, self.visit)
        self.change_payment(other, self.visit.total)
        self.update(self.visit)
        self.update(other, 3, paid=True)
        moved = [replace(one, document_id=other.document_id, paid_at=self.at) for one in self.payments]
        self.script.books.owe_record(self.story.name, self.story.salon, other, moved)

    def _find_paid_at(self) -> datetime:
        return max(one.paid_at for one in self.payments) + timedelta(seconds=2)


def _add_service(scene: Scene) -> tuple[Decimal, Decimal]:
    [more] = scene.script.shopper.choose_lines("plain")
    extended = replace(scene.visit, lines=(*scene.visit.lines, more))
    scene.update(extended)
    return scene.visit.total, extended.total


def _give_back_twice(scene: Scene) -> tuple[Decimal]:
    scene.give_back(Decimal(1000))
    scene.give_back(Decimal(500), 20)
    return (Decimal(1500),)


def _give_all_back(scene: Scene) -> tuple[Decimal]:
    scene.give_back(scene.visit.total)
    return (scene.visit.total,)


def _lower(scene: Scene) -> tuple[Decimal]:
    scene.change_payment(scene.visit, scene.payments[-1].amount - 700)
    scene.update(scene.visit)
    return (Decimal(700),)


def _delete_and_keep(scene: Scene) -> tuple[Decimal]:
    scene.delete()
    return (scene.visit.total,)


def _touch(scene: Scene) -> None:
    """Staff writes a comment, moves the visit, notes the phone: Altegio still calls it unpaid."""
    scene.update(replace(scene.visit, comment="перезвонить"))
    scene.update(scene.visit, 30, seance_length=5400)
    scene.update(scene.visit, 60, confirmed=0)


def _take_extra(name: str) -> Callable[[Scene], None]:
    return lambda scene: EXTRAS[name](scene.script, scene.story, scene.visit, scene.at)


@dataclass(frozen=True)
class Evening:
    """What happens, and what the receipt wants then. The act returns the sums that whoever looks at it is told, if any.

    `takes_out`: the return that is due is of the last line, and proposed so.
    """

    act: Callable[[Scene], tuple[Decimal, ...] | None]
    turn: Turn | None = None
    money: Money = "kept"
    takes_out: bool = False
    is_returned_in_part: bool = False
    is_sold_anew: bool = False


EVENINGS: Mapping[str, Evening] = {
    "said_unpaid_late": Evening(Scene.say_unpaid_late),
    "said_unpaid_at_once": Evening(Scene.say_unpaid_in_the_same_second),
    "unpaid_service": Evening(_add_service, "difference"),
    "deleted_and_kept": Evening(_delete_and_keep, "person"),
    "refund_expense": Evening(_give_all_back, "return_due", "unsure"),
    "refund_in_parts": Evening(_give_back_twice, "return_due", "unsure"),
    "payment_lowered": Evening(_lower, "person", "unsure"),
    "payment_moved": Evening(Scene.move, "person", "unsure"),
    "goods_taken_out": Evening(lambda scene: scene.take_out("deleted"), "return_due", "unsure", takes_out=True),
    "goods_taken_out_expense": Evening(lambda scene: scene.take_out("expense"), "return_due", "unsure", takes_out=True),
    "marked_return": Evening(Scene.bring_back_a_piece, "return_due", "unsure", is_returned_in_part=True),
    "tips_later": Evening(_take_extra("tips")),
    "income_later": Evening(_take_extra("income")),
    # Paid at our desk: the next ones begin without a payment in Altegio.
    "desk_touched": Evening(_touch),
    "desk_deleted": Evening(Scene.delete, "return_due"),
    "desk_repriced": Evening(lambda scene: scene.reprice(1500), "difference"),
    "desk_wrong_kind": Evening(Scene.correct_kind, None, "unsure", is_sold_anew=True),
    "desk_refund": Evening(_give_all_back, "return_due", "unsure"),
}
# Before any receipt: a person is asked, and told the money that is there.
ASKED = ("emptied", "paid_without_money")


@dataclass(kw_only=True)
class MoneyScript(Script):
    shopper: Shopper
    desk: list[DeskPayment] = field(default_factory=list)
    returns: list[DeskReturn] = field(default_factory=list)
    corrections: list[DeskCorrection] = field(default_factory=list)

    def play_evening(self, story: Story, visit: Visit) -> None:
        day, evening = visit.starts_at.date(), EVENINGS[story.name]
        if story.name.startswith("desk_"):
            at, till = datetime.combine(day, EVENING), self.choose_till(story.salon)
            kind = next(one for one in KINDS if one == till.kind)
            self.desk.append(DeskPayment(at, visit.company_id, visit.record_id, kind))
            paid = [self.make_payment(line, line.to_pay, visit.document_id, till, at) for line in visit.lines if line.to_pay]
            told = evening.act(Scene(self, story, visit, (), self.choose_evening(day)))
        else:
            paid = self.pay(story, visit, self.choose_end(visit))
            told = evening.act(Scene(self, story, visit, paid, self.choose_evening(day)))
        turned_at = datetime.combine(day, EVENING) if evening.turn else None
        ending: dict[str, Any] = {"turn": evening.turn, "turned_at": turned_at, "money": evening.money, "told": told or ()}
        if evening.takes_out:
            ending["proposed"] = list_due(visit.lines[-1:])
        if evening.is_returned_in_part and told:
            [ending["returned"]] = told
        self.books.owe_record(story.name, story.salon, visit, paid, **ending)
        if evening.is_sold_anew:
            self.books.owe_anew(self.corrections[-1].anew, self.corrections[-1].kind, self.corrections[-1].at)

    def play_asked(self, story: Story, visit: Visit) -> None:
        """Paid, and its lines are taken out before Altegio calls it paid; or only called so."""
        at, line, told = self.choose_end(visit), visit.lines[0], visit.total
        if story.name == "emptied":
            payment, told = (
                self.make_payment(line, line.total, visit.document_id, self.choose_till(story.salon), at),
                line.total,
            )
            self.post_payments(story, visit, [payment], "create", at)
            at, visit = at + timedelta(seconds=30), replace(visit, lines=())
        self.record(story, visit, at, attendance=CAME, paid=True)
        why = "money without a sale, or a sale without money"
        self.books.owe_nothing(story.name, visit, why, asked_at=at, told=(add_up([told]),))

    def twin(self, story: Story, visit: Visit) -> Visit:
        """Another client with the same wish, served and not paid that day."""
        record_id, visit_id, document_id = map(self.ids.take, ("record", "visit", "document"))
        other = replace(visit, record_id=record_id, visit_id=visit_id, document_id=document_id)
        self.record(story, other, other.created_at, status="create", attendance=WAITING)
        self.serve(story, other)
        return other

    def choose_evening(self, day: date) -> datetime:
        return datetime.combine(day, EVENING) + timedelta(minutes=self.rng.randint(5, 85))
