"""Webhook bodies, key by key as Altegio sends them. Pure: the same arguments give the same body."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from dev.simulator.altegio.salon import Line, Person, Specialist, Till, add_up

Envelope = dict[str, Any]
Body = dict[str, Any]

# As texts, so that no body shares a list with another.
_SHAPES = {
    name: json.dumps(shape) for name, shape in json.loads(Path(__file__).with_name("shapes.json").read_text("utf-8")).items()
}

# What a write-off's id is beyond that of the visit's own document.
WRITE_OFF = 5_000


@dataclass(frozen=True)
class Visit:
    company_id: int
    record_id: int
    visit_id: int
    document_id: int
    starts_at: datetime
    created_at: datetime
    specialist: Specialist
    client: Person | None
    lines: tuple[Line, ...]
    comment: str = ""
    # Materials it used are a document as well, and stand first. Ids are text then, as some installations spell them.
    has_write_off: bool = False

    @property
    def services(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.kind == "service")

    @property
    def goods(self) -> tuple[Line, ...]:
        return tuple(line for line in self.lines if line.kind == "good")

    @property
    def total(self) -> Decimal:
        """What is left to pay in money."""
        return add_up(line.to_pay for line in self.lines)


@dataclass(frozen=True)
class Payment:
    id: int
    document_id: int
    amount: Decimal
    till: Till
    line: Line
    paid_at: datetime


def envelope(company_id: int, resource: str, resource_id: int, status: str, data: Any) -> Envelope:
    head = {"company_id": company_id, "resource": resource, "resource_id": resource_id}
    return {**head, "status": status, "data": data}


def wire_number(amount: Decimal) -> int | float:
    """PHP prints whole amounts without a fraction; two decimals survive the trip through a float."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)


def local(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def stamp(moment: datetime) -> str:
    """Altegio writes this offset without a colon."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S+0500")


def fill(shape: str, **values: Any) -> Body:
    """All of the shape's fields in Altegio's order, most of them as they always are."""
    body: Body = json.loads(_SHAPES[shape])
    assert values.keys() <= body.keys(), f"{shape} has no {values.keys() - body.keys()}"
    return body | values


def record_body(visit: Visit, changed_at: datetime, *, attendance: int, paid: bool, deleted: bool) -> Body:
    return fill(
        "record",
        id=visit.record_id,
        company_id=visit.company_id,
        staff_id=visit.specialist.id,
        clients_count=1 if visit.client else 0,
        date=local(visit.starts_at),
        comment=visit.comment,
        online=visit.record_id % 2 == 0,
        visit_id=visit.visit_id,
        visit_attendance=attendance,
        attendance=attendance,
        deleted=deleted,
        paid_full=int(paid),
        services=[_service(line) for line in visit.services],
        staff=fill("staff", **asdict(visit.specialist)),
        goods_transactions=[_goods_transaction(visit, line) for line in visit.goods],
        client=fill("record_client", display_name=visit.client.name, **asdict(visit.client)) if visit.client else None,
        datetime=visit.starts_at.strftime("%Y-%m-%dT%H:%M:%S+05:00"),
        create_date=stamp(visit.created_at),
        last_change_date=stamp(changed_at),
        documents=_list_documents(visit),
    )


def _service(line: Line) -> Body:
    cost = wire_number(line.total)
    return fill(
        "service",
        id=line.ware.id,
        title=line.ware.title,
        cost=cost,
        cost_to_pay=wire_number(line.cost_to_pay),
        manual_cost=cost,
        cost_per_unit=wire_number(line.ware.price),
        discount=wire_number(line.discount),
        first_cost=wire_number(line.before_discount),
        amount=line.quantity,
    )


def _goods_transaction(visit: Visit, line: Line) -> Body:
    price = wire_number(line.ware.price)
    # How Altegio names the codes of marked pieces is not documented.
    marked = {"marking_codes": list(line.marks)} if line.marks else {}
    body = fill(
        "goods_transaction",
        id=line.id,
        title=line.ware.title,
        barcode=line.ware.barcode,
        article=line.ware.article,
        amount=-line.quantity,
        cost_per_unit=price,
        price=price,
        cost=wire_number(line.total),
        discount=wire_number(line.discount),
        master_id=visit.specialist.id,
        good_id=line.ware.id,
    )
    return body | marked


def _list_documents(visit: Visit) -> list[Body]:
    own = _document(visit)
    if not visit.has_write_off:
        return [own]
    write_off = {"id": str(visit.document_id + WRITE_OFF), "type_id": 8, "type_title": "Списание"}
    return [own | write_off, own | {"id": str(visit.document_id)}]


def _document(visit: Visit) -> Body:
    number, places = visit.document_id, {"visit_id": visit.visit_id, "record_id": visit.record_id}
    at = local(visit.starts_at)
    return fill("document", id=number, number=number, company_id=visit.company_id, date_created=at, **places)


def client_body(client: Person, spent: Decimal, changed_at: datetime) -> Body:
    told = {"spent": wire_number(spent), "paid": wire_number(spent), "last_change_date": stamp(changed_at)}
    return fill("client", display_name=client.name, **asdict(client), **told)
