"""The quick look at a visit says nothing that the full model would not say, and it sees the usual visit."""

import contextlib
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.webhook.plain_visit import NotPlain, read_plain_visit
from dev.bench.material.bodies import make_body
from shared.altegio import RECORD, Envelope, Record, parse_entity
from tests.support.payloads import visit

ODD: list[Any] = [
    None, True, False, 0, 1, 2, -1, 2**63, -(2**63), 10**12, "", "0", "1", "12.50", "x", [], {}, [1], {"0": {}}, {"id": "x"},
    "2026-03-02 12:00:00", "2026-03-02T12:00:00+0500", "0001-01-01", "9999-12-31T23:59:59-1200",
]  # fmt: skip
LINE_FIELDS = (
    "id",
    "amount",
    "cost",
    "cost_to_pay",
    "manual_cost",
    "cost_per_unit",
    "first_cost",
    "discount",
    "price",
    "good",
)
FIELDS = ("id", "visit_id", "payment_status", "deleted", "paid_full", "date", "last_change_date", "services",
          "goods_transactions", "client", "comment")  # fmt: skip

odd = st.sampled_from(ODD) | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
lines = st.lists(st.dictionaries(st.sampled_from(LINE_FIELDS), odd, max_size=3) | odd, max_size=2)
visits = st.fixed_dictionaries({}, optional=dict.fromkeys(FIELDS, odd | lines))


webhooks = st.builds(
    lambda data, **head: head | {"data": data},
    data=visits | odd,
    company_id=st.just(307001) | odd,
    resource=st.just("record") | odd,
    resource_id=st.just(7) | odd,
    status=st.sampled_from(["create", "update", "delete"]) | odd,
)
HEAD = ("company_id", "resource", "resource_id", "status")


def read_fully(item: dict[str, Any]) -> tuple[Envelope, datetime | None]:
    envelope = Envelope.model_validate(item)
    record = parse_entity(RECORD, envelope.data)
    assert isinstance(record, Record)
    return envelope, record.last_change_date


def check_against_the_full_model(item: dict[str, Any]) -> None:
    plain, changed_at = read_plain_visit(item)
    envelope, fully_changed_at = read_fully(item)
    assert changed_at == fully_changed_at
    assert [getattr(plain, name) for name in HEAD] == [getattr(envelope, name) for name in HEAD]


@given(webhooks)
def test_what_it_takes_the_full_model_takes_to_the_same_values(item: dict[str, Any]) -> None:
    with contextlib.suppress(NotPlain):
        check_against_the_full_model(item)


@pytest.mark.parametrize("item", [visit(7), make_body(7)])
def test_the_usual_visit_is_plain(item: dict[str, Any]) -> None:
    check_against_the_full_model(item)


@pytest.mark.parametrize(
    "change",
    [
        {"services": [{"cost": "4000"}]},
        {"services": [{"cost": -(10**15)}]},
        {"goods_transactions": {"0": {}}},
        {"paid_full": 2},
        {"paid_full": "1"},
        {"id": 2**63},
        {"date": "tomorrow"},
        {"services": [{"good": []}]},
    ],
)
def test_what_is_not_plain_is_left_to_the_full_model(change: dict[str, Any]) -> None:
    with pytest.raises(NotPlain):
        read_plain_visit(visit(7) | {"data": visit(7)["data"] | change})


@pytest.mark.parametrize("change", [{"resource": "schedule"}, {"status": "gone"}, {"company_id": 0}, {"data": []}])
def test_neither_is_an_envelope_of_another_kind(change: dict[str, Any]) -> None:
    with pytest.raises(NotPlain):
        read_plain_visit(visit(7) | change)
