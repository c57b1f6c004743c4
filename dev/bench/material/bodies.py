"""The webhook that is measured: a paid visit of about 3 KB, with everything Altegio sends along."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from dev.simulator.altegio.bodies import Payment, Visit, envelope, record_body
from dev.simulator.altegio.ledgers import payment_body
from dev.simulator.altegio.salon import SPECIALISTS, TILLS, Line, Person, Ware
from shared.clock import ALMATY

COMPANY = 307_001
# Stands for the record's number, so that a load generator can make a body unique by replacing text.
PLACE = "987654321"
COMMENT = "Клиент просил напомнить за день до визита, аллергия на аммиак, в прошлый раз брали оттенок 7.1. "
BOOKED_AT = datetime(2026, 2, 27, 9, 41, tzinfo=ALMATY)
STARTS_AT, PAID_AT = BOOKED_AT + timedelta(days=3, hours=2), BOOKED_AT + timedelta(days=3, hours=4)


def make_body(number: int, company: int = COMPANY, *, paid: bool = True) -> dict[str, Any]:
    """A visit of its own of two services for 9,500 tenge."""
    body = record_body(_make_visit(number, company), PAID_AT, attendance=int(paid), paid=paid, deleted=False)
    return envelope(company, "record", number, "update", body)


def make_payment(number: int, company: int) -> dict[str, Any]:
    """All of that visit's money, by card."""
    visit = _make_visit(number, company)
    payment = Payment(number, number, visit.total, TILLS.card, visit.lines[0], PAID_AT)
    return envelope(company, "finances_operation", number, "create", payment_body(payment, visit, PAID_AT))


def _make_visit(number: int, company: int) -> Visit:
    return Visit(
        company,
        number,
        number,
        number,
        STARTS_AT,
        BOOKED_AT,
        SPECIALISTS[0],
        Person(15_000_000, "Дана Книжная", "+77010000000"),
        (_service(1, "Стрижка женская", 4000), _service(2, "Окрашивание корней", 5500)),
        COMMENT * 4,
    )


def _service(number: int, title: str, cost: int) -> Line:
    ware = Ware(9_000_000 + number, title, Decimal(cost))
    return Line(number, "service", ware, quantity=1, discount=Decimal(0), total=Decimal(cost))


def encode(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def make_template() -> bytes:
    """A body whose own numbers are `PLACE` wherever they stand."""
    return encode(make_body(int(PLACE)))
