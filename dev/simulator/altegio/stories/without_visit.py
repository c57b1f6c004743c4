"""What is sold without a visit: goods, certificates, services; or taken without any money."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from dev.simulator.altegio.bodies import Payment
from dev.simulator.altegio.books import Turn
from dev.simulator.altegio.ledgers import REFUND_OUTGO, goods_sale_body, payment_body
from dev.simulator.altegio.salon import CERTIFICATES, ZERO, Line, Salon, add_up
from dev.simulator.altegio.stories.evenings import MoneyScript
from dev.simulator.altegio.stories.script import Story

# What the evening makes of a receipt.
COUNTER_TURNS: Mapping[str, Turn | None] = {
    "counter_sale": None,
    "counter_split": None,
    "counter_certificate": None,
    "counter_membership": None,
    "counter_service": None,
    "counter_bank": None,
    "counter_wages": None,
    "counter_undone_later": "return_due",
    "counter_paid_back_later": "return_due",
    "counter_refund_later": "return_due",
}
# A document that is deleted takes its list of payments along; an expense may have another meaning.
_UNSURE = ("counter_undone_later", "counter_refund_later")


def play_counter(script: MoneyScript, name: str, salon: Salon, at: datetime) -> None:
    story, document_id = Story(name, salon, script.events), script.ids.take("document")
    lines, till = _choose_lines(script, name), script.choose_till(salon)
    if name == "counter_wages":
        _take_on_wages(script, story, lines, document_id, at)
        return
    if name == "counter_bank":
        till = salon.tills.bank
    payments: list[Payment] = []
    for line in lines:
        parts = script.split(line.total, salon.tills) if name == "counter_split" else [(till, line.total)]
        payments += [script.make_payment(line, part, document_id, used, at) for used, part in parts]
    script.post_counter(story, payments, "create", at)
    if name == "counter_bank":
        script.books.owe_nothing_of(name, salon, document_id, "paid between bank accounts")
    elif name == "counter_service" and salon.vat != "none" and salon.goes_by_ids("service"):
        why, told = "nothing tells the id that decides its rate", (lines[0].total,)
        script.books.owe_nothing_of(name, salon, document_id, why, asked_at=at, told=told)
    else:
        _turn_later(script, story, payments)


def _turn_later(script: MoneyScript, story: Story, payments: Sequence[Payment]) -> None:
    name, turn, ending = story.name, COUNTER_TURNS[story.name], dict[str, Any]()
    if turn is not None:
        at = script.choose_evening(payments[0].paid_at.date())
        ending = {"turn": turn, "turned_at": at, "money": "unsure" if name in _UNSURE else "gone"}
        if name == "counter_undone_later":
            script.post_counter(story, payments, "delete", at)
        elif name == "counter_paid_back_later":
            script.move_money(story, payments, "delete", at)
        else:
            ending["told"] = (_refund(script, story, payments, at),)
    script.books.owe_goods(name, story.salon, payments, **ending)


def _refund(script: MoneyScript, story: Story, payments: Sequence[Payment], at: datetime) -> Decimal:
    """All of it, as an expense of the document."""
    first, whole = payments[0], add_up(one.amount for one in payments)
    back = script.make_payment(first.line, -whole, first.document_id, story.salon.tills.cash, at)
    story.post("finances_operation", "create", payment_body(back, None, at, REFUND_OUTGO), at)
    return whole


def _take_on_wages(script: MoneyScript, story: Story, lines: Sequence[Line], document_id: int, at: datetime) -> None:
    for line in lines:
        story.post("goods_operations_sale", "create", goods_sale_body(line, document_id, at, at), at)
    script.books.owe_nothing_of(story.name, story.salon, document_id, "staff took goods on wages", may_ask=True)


def _choose_lines(script: MoneyScript, name: str) -> Sequence[Line]:
    """One to three products, or one certificate, membership or service."""
    if name == "counter_service":
        # Its document does not tell the id of the service.
        return script.shopper.choose_lines("tiyn")
    loyalty = {"counter_certificate": "certificate", "counter_membership": "abonement"}.get(name)
    if loyalty is None:
        return script.shopper.choose_goods(script.rng.randint(1, 3))
    ware = next(one for one in CERTIFICATES if one.loyalty == loyalty)
    return (Line(script.ids.take("line"), "good", ware, 1, ZERO, ware.price),)
