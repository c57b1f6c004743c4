"""The webhook that is measured: a paid visit of about 3 KB, with everything Altegio sends along."""

import json
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from dev.simulator.altegio.bodies import Visit, envelope, record_body
from dev.simulator.altegio.salon import SPECIALISTS, Line, Person, Ware
from shared.clock import ALMATY

COMPANY = 307_001
# Stands for the record's number, so that a load generator can make a body unique by replacing text.
PLACE = "987654321"
COMMENT = "Клиент просил напомнить за день до визита, аллергия на аммиак, в прошлый раз брали оттенок 7.1. "
BOOKED_AT = datetime(2026, 2, 27, 9, 41, tzinfo=ALMATY)
STARTS_AT, PAID_AT = BOOKED_AT + timedelta(days=3, hours=2), BOOKED_AT + timedelta(days=3, hours=4)


def make_body(number: int, company: int = COMPANY) -> dict[str, Any]:
    """A visit of its own of two services for 9,500 tenge."""
    visit = Visit(
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
    body = record_body(visit, PAID_AT, attendance=1, paid=True, deleted=False)
    return envelope(company, "record", number, "update", body)


def _service(number: int, title: str, cost: int) -> Line:
    ware = Ware(9_000_000 + number, title, Decimal(cost))
    return Line(number, "service", ware, quantity=1, discount=Decimal(0), total=Decimal(cost))


def encode(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False).encode()


def make_template() -> bytes:
    """A body whose own numbers are `PLACE` wherever they stand."""
    return encode(make_body(int(PLACE)))
