"""The quick look at a visit says nothing that the full model would not say, and it sees the usual visit."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.webhook.express import NotPlain, read_plain_visit
from dev.bench.bodies import make_body
from shared.altegio import RECORD, Record, parse_entity
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


def read_fully(data: Any) -> datetime | None:
    record = parse_entity(RECORD, data)
    assert isinstance(record, Record)
    return record.last_change_date


@given(visits)
def test_what_it_takes_the_full_model_takes_to_the_same_time(data: dict[str, Any]) -> None:
    try:
        changed_at = read_plain_visit(data)
    except NotPlain:
        return
    assert read_fully(data) == changed_at


@pytest.mark.parametrize("data", [visit(7)["data"], make_body(7)["data"]])
def test_the_usual_visit_is_plain(data: dict[str, Any]) -> None:
    assert read_plain_visit(data) == read_fully(data)


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
        read_plain_visit(visit(7)["data"] | change)
