"""Checks a webhook of the plainest kind: a visit whose ids and sums are whole numbers, flags 0 or 1, times texts.

Most webhooks are. Their full model, which reads every spelling Altegio has and names what is wrong, takes five times as
long to say that nothing is. What is not plain is left to it; what is plain, it takes as well.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from shared.altegio import parse_moment, parse_moment_hint

_RequiredId = Annotated[int, Meta(ge=1, le=2**63 - 1)]
_Id = Annotated[int, Meta(ge=-(2**63 - 1), le=2**63 - 1)] | None
_Sum = Annotated[int, Meta(ge=-999_999_999_999, le=999_999_999_999)] | None
_Flag = bool | Annotated[int, Meta(ge=0, le=1)] | None


class NotPlain(ValueError):
    """Raised for what needs the full model: it may be right, or wrong, or only unusual."""


class _Good(msgspec.Struct):
    id: _Id = None


class _Line(msgspec.Struct):
    id: _Id = None
    amount: _Sum = None
    cost: _Sum = None
    cost_to_pay: _Sum = None
    manual_cost: _Sum = None
    cost_per_unit: _Sum = None
    first_cost: _Sum = None
    discount: _Sum = None
    price: _Sum = None
    good: _Good | None = None


class _Visit(msgspec.Struct):
    id: _Id = None
    visit_id: _Id = None
    payment_status: _Id = None
    deleted: _Flag = None
    paid_full: _Flag = None
    date: str | None = None
    last_change_date: str | None = None
    services: list[_Line] | None = None
    goods_transactions: list[_Line] | None = None


class PlainVisit(msgspec.Struct):
    """Holds the envelope of such a webhook."""

    company_id: _RequiredId
    resource: Literal["record"]
    resource_id: _RequiredId
    status: Literal["create", "update", "delete"]
    data: _Visit


def read_plain_visit(item: Any) -> tuple[PlainVisit, datetime | None]:
    """Returns the envelope, and when Altegio says that the visit last changed. Raises NotPlain."""
    try:
        visit = msgspec.convert(item, PlainVisit)
        parse_moment(visit.data.date)
    except ValueError as error:
        raise NotPlain from error
    return visit, parse_moment_hint(visit.data.last_change_date)
