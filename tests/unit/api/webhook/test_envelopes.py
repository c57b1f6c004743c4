"""From raw bytes to rows: nothing but NotJson ever comes out, and the same delivery always has the same key."""

import contextlib
import json
from typing import Any

import pytest
import simplejson
from hypothesis import given
from hypothesis import strategies as st

from api.webhook.envelopes import MAX_DEPTH, MAX_ENVELOPES, Arrival, NotJson, _canonical, _parse, _parse_json, read_arrivals
from shared.fiscal.statuses import RecordState
from tests.unit.material import ALTEGIO, list_names

RECORD: dict[str, Any] = {
    "company_id": 412077,
    "resource": "record",
    "resource_id": 640500104,
    "status": "update",
    "data": {"id": 640500104, "paid_full": 1, "last_change_date": "2026-04-14T15:02:33+0500", "comment": "Стрижка"},
}


def read_one(body: Any) -> Arrival:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    (arrival,), is_list = read_arrivals(raw)
    assert not is_list
    return arrival


def with_data(**changes: Any) -> dict[str, Any]:
    return RECORD | {"data": RECORD["data"] | changes}


def test_an_arrival_carries_what_its_row_needs() -> None:
    arrival = read_one(RECORD)
    assert (arrival.company_id, arrival.resource, arrival.resource_id, arrival.status) == (
        412077,
        "record",
        640500104,
        "update",
    )
    assert arrival.state is RecordState.RECEIVED
    assert arrival.changed_at is not None
    assert arrival.changed_at.isoformat() == "2026-04-14T15:02:33+05:00"
    assert json.loads(arrival.body or "") == RECORD


@pytest.mark.parametrize(
    "same",
    [
        pytest.param(dict(reversed(RECORD.items())), id="other-order"),
        pytest.param(RECORD | {"data": dict(reversed(RECORD["data"].items()))}, id="other-order-inside"),
        pytest.param(json.dumps(RECORD, indent=4).encode(), id="other-spaces"),
        pytest.param(json.dumps(RECORD, ensure_ascii=False).encode(), id="unescaped"),
        pytest.param(json.dumps(RECORD, ensure_ascii=False).encode("utf-16"), id="utf-16"),
        pytest.param(b"\xef\xbb\xbf" + json.dumps(RECORD).encode(), id="byte-order-mark"),
    ],
)
def test_a_redelivery_has_the_same_key(same: Any) -> None:
    assert read_one(same).dedup_key == read_one(RECORD).dedup_key


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(with_data(last_change_date="2026-04-14T15:02:34+0500"), id="changed-later"),
        pytest.param(with_data(paid_full=0), id="two-edits-in-one-second"),
        pytest.param(with_data(comment="другое"), id="other-comment"),
        pytest.param(with_data(extra=None), id="one-more-field"),
        pytest.param(RECORD | {"status": "create"}, id="other-status"),
        pytest.param(RECORD | {"company_id": 412078}, id="other-salon"),
        pytest.param(RECORD | {"resource_id": 640500105}, id="other-record"),
    ],
)
def test_another_delivery_has_another_key(other: Any) -> None:
    assert read_one(other).dedup_key != read_one(RECORD).dedup_key


def test_without_a_change_date_the_body_tells_deliveries_apart() -> None:
    keys = {read_one(with_data(last_change_date=None, comment=comment)).dedup_key for comment in ("а", "б", "а")}
    assert len(keys) == 2


def test_each_of_a_list_is_judged_alone() -> None:
    arrivals, is_list = read_arrivals(json.dumps([RECORD, RECORD | {"company_id": None}, 7, RECORD]).encode())
    assert is_list
    assert [arrival.state.value for arrival in arrivals] == ["received", "invalid", "invalid", "received"]
    assert arrivals[0].dedup_key == arrivals[3].dedup_key


def test_an_empty_list_holds_nothing() -> None:
    assert read_arrivals(b"[]") == ([], True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        pytest.param({"resource": "client", "data": {"name": "x"}}, "resource 'client'", id="another-resource"),
        pytest.param({"resource": "schedule", "data": []}, "resource 'schedule'", id="schedule-carries-a-list"),
        pytest.param({"resource": "good", "resource_id": 0}, "resource 'good'", id="no-id-of-its-own"),
        pytest.param({"status": "confirmed"}, "status 'confirmed'", id="unknown-status"),
    ],
)
def test_what_is_not_about_payments_is_kept_and_ignored(changes: dict[str, Any], words: str) -> None:
    arrival = read_one(RECORD | changes)
    assert arrival.state is RecordState.IGNORED
    assert words in arrival.message


def test_a_supported_resource_needs_an_id() -> None:
    arrival = read_one(RECORD | {"resource_id": 0})
    assert (arrival.state, arrival.field) == (RecordState.INVALID, "resource_id")


def test_goods_carry_their_document() -> None:
    sale = RECORD | {"resource": "goods_operations_sale", "data": {"document_id": "77", "type_id": 1}}
    assert read_one(sale).document_id == 77


@pytest.mark.parametrize("event", ["uninstall", "freeze", "payment"])
def test_secrets_of_lifecycle_callbacks_are_not_kept(event: str) -> None:
    arrival = read_one({"salon_id": 1, "application_id": 2, "event": event, "partner_token": "s3cret", "sign": "s1gn"})
    assert arrival.state is RecordState.IGNORED
    assert json.loads(arrival.body or "") == {
        "salon_id": 1,
        "application_id": 2,
        "event": event,
        "partner_token": "***",
        "sign": "***",
    }


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        pytest.param(rb'{"a": {"b": ["x", "\u0000"]}}', "a.b.1", id="nul"),
        pytest.param(rb'{"a": "\ud83d"}', "a", id="lone-surrogate"),
        pytest.param(rb'{"\u0000": 1}', "body", id="nul-in-a-name"),
        pytest.param(rb'{"a": {"\udc00": 1}}', "a", id="surrogate-in-a-name"),
        pytest.param(b'{"a": 1e200000}', "a", id="more-than-numeric-holds"),
        pytest.param(b'{"a": 1e-200000}', "a", id="finer-than-numeric-holds"),
        pytest.param(b'{"a": 1e99999999999999999999}', "a", id="no-decimal-at-all"),
        pytest.param(b'{"a": -1e99999999999999999999}', "a", id="nor-below"),
        pytest.param(b'"\\u0000"', "body", id="bare-text"),
    ],
)
def test_what_no_column_can_keep_is_kept_as_bytes(raw: bytes, field: str) -> None:
    arrival = read_one(raw)
    assert (arrival.state, arrival.field, arrival.body) == (RecordState.INVALID, field, None)
    assert arrival.raw_body
    assert arrival.raw_body.isascii()
    assert arrival.dedup_key == read_one(raw).dedup_key


def test_a_whole_surrogate_pair_is_text() -> None:
    assert read_one(with_data(comment="💅")).state is RecordState.RECEIVED


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("depth", [MAX_DEPTH - 5, MAX_DEPTH + 5, 500, 900])
def test_deep_nesting(opening: str, closing: str, depth: int) -> None:
    raw = json.dumps(RECORD).replace('"data": {', f'"data": {{"deep": {opening * depth}1{closing * depth}, ').encode()
    assert read_one(raw).is_invalid is (depth > MAX_DEPTH)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b" \n", id="blank"),
        pytest.param(b"company_id=1&resource=record", id="form"),
        pytest.param(b"<xml/>", id="xml"),
        pytest.param(b'{"company_id": 1', id="truncated"),
        pytest.param(b"{} {}", id="two-documents"),
        pytest.param(b"{'a': 1}", id="wrong-quotes"),
        pytest.param(b'{"a": NaN}', id="nan"),
        pytest.param(b'{"a": Infinity}', id="infinity"),
        pytest.param(b'{"a": -Infinity}', id="minus-infinity"),
        pytest.param(b'{"a": ' + b"9" * 10_000 + b"}", id="an-integer-nobody-means"),
        pytest.param(b"[" * 200_000, id="nested-without-end"),
        pytest.param(b"[" * 200_000 + b"]" * 200_000, id="nested-to-death"),
        pytest.param(b'"\xff\xfe\xfa"', id="no-text-at-all"),
        pytest.param(b'{"a": "\x00"}', id="raw-nul"),
        pytest.param(b"\x00" * 100, id="zeros"),
    ],
)
def test_not_json(raw: bytes) -> None:
    with pytest.raises(NotJson):
        read_arrivals(raw)


@pytest.mark.parametrize("digits", [20, 400, 4000])
def test_a_huge_integer_is_named_where_it_matters_and_kept_where_it_does_not(digits: int) -> None:
    huge = int("9" * digits)
    assert read_one(RECORD | {"resource_id": huge}).field == "resource_id"
    assert read_one(with_data(services=[{"cost": huge}])).field == "data.services.0.cost"
    assert read_one(with_data(comment_id=huge)).state is RecordState.RECEIVED


def test_decimals_are_kept_to_the_last_digit() -> None:
    raw = json.dumps(RECORD).replace('"paid_full"', '"rate": 0.12345678901234567890, "paid_full"').encode()
    assert b"0.12345678901234567890" in (read_one(raw).body or b"")


BODIES = [(ALTEGIO / name).read_bytes() for name in list_names(ALTEGIO)]
ODD = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -1,
        1.5,
        10**30,
        "",
        "0",
        "абв",
        "\x00",
        "\ud800",
        "NaN",
        "1e999",
        [],
        {},
        [[]],
        {"": None},
        {"0": {}},
    ]
)


def check(raw: bytes) -> None:
    try:
        arrivals, _ = read_arrivals(raw)
    except NotJson:
        return
    for arrival in arrivals:
        assert (arrival.body is None) is (arrival.raw_body is not None)
        assert arrival.is_invalid is bool(arrival.field)
        assert arrival.message
        body = arrival.body.decode() if arrival.body is not None else None
        for text in (body, arrival.dedup_key, arrival.message, arrival.status, arrival.resource):
            assert not text or "\x00" not in text.encode().decode()
        if arrival.body is not None:
            simplejson.loads(arrival.body)


@pytest.mark.deadline(900)
@given(st.sampled_from(BODIES), st.data())
def test_damaged_bytes_never_break_the_reader(body: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(body)))
    end = data.draw(st.integers(start, min(len(body), start + 40)))
    check(
        body[:start]
        + data.draw(st.binary(max_size=8) | st.sampled_from([b"", b"null", b"[", b"1e9999999", b'"\\u0000"']))
        + body[end:]
    )


@pytest.mark.deadline(900)
@given(st.sampled_from(BODIES), st.data())
def test_odd_values_anywhere_never_break_the_reader(body: bytes, data: st.DataObject) -> None:
    tree: Any = json.loads(body)
    node = {"root": tree}
    key: Any = "root"
    while isinstance(node[key], dict | list) and node[key] and data.draw(st.integers(0, 4)):
        node = node[key]
        key = data.draw(st.sampled_from(list(node) if isinstance(node, dict) else range(len(node))))
    node[key] = data.draw(ODD)
    check(json.dumps(tree if key != "root" else node["root"]).encode())


@pytest.mark.deadline(900)
@given(
    st.recursive(
        ODD | st.integers() | st.floats(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=10,
    )
)
def test_any_json_is_judged(value: Any) -> None:
    check(json.dumps(value).encode())


def test_a_crowd_of_envelopes_is_kept_as_one_invalid_row() -> None:
    raw = b"[" + b"0," * MAX_ENVELOPES + b"0]"
    arrivals, is_list = read_arrivals(raw)
    assert not is_list
    assert [(row.is_invalid, row.field, row.raw_body) for row in arrivals] == [(True, "body", raw)]
    assert len(read_arrivals(b"[" + b"0," * (MAX_ENVELOPES - 1) + b"0]")[0]) == MAX_ENVELOPES


def test_no_depth_of_nesting_is_more_than_not_json() -> None:
    """Invalid, as anything that is no envelope, up to where no reader follows; and never another error on the way there."""

    def judge(depth: int) -> str:
        try:
            (row,) = read_arrivals(b'{"a":' * depth + b"1" + b"}" * depth)[0]
        except NotJson:
            return "not JSON"
        return "invalid" if row.is_invalid else "valid"

    assert {judge(depth) for depth in (1, 2, MAX_DEPTH - 1, MAX_DEPTH, MAX_DEPTH + 1, 500)} == {"invalid"}
    assert {judge(depth) for depth in range(900, 1100, 3)} <= {"invalid", "not JSON"}
    assert judge(200_000) == "not JSON"


_NUMBERS = st.decimals(allow_nan=False, allow_infinity=False, places=3) | st.integers(-(10**30), 10**30)
_JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(_JSON, st.booleans())
def test_the_fast_way_reads_what_the_standard_library_reads(value: Any, escaped: bool) -> None:
    """And writes the same canonical text, from which the keys of stored rows were made."""
    raw = simplejson.dumps(RECORD | {"extra": value}, use_decimal=True, ensure_ascii=escaped).encode(
        "utf-8", "surrogatepass"
    )
    parsed, _ = _parse(raw)
    assert parsed == _parse_json(raw)
    with contextlib.suppress(UnicodeEncodeError):  # a lone surrogate never gets as far as this
        written = simplejson.dumps(parsed, use_decimal=True, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert _canonical(parsed).decode() == written


@pytest.mark.parametrize("value", ["x", "\\u0000"])
def test_a_fields_name_is_told_no_longer_than_people_read(value: str) -> None:
    name = "a" * 200_000
    arrival = read_one(json.dumps(RECORD).replace('"data": {', f'"data": {{"services": {{"{name}": "{value}"}}, ').encode())
    assert arrival.is_invalid
    assert len(arrival.field or "") <= 201
    assert len(arrival.message) <= 501
