"""Envelopes at their bounds: how deep, long and large they may be, what their keys are made of, what callers read."""

import hashlib
import json
from typing import Any

import pytest

from api.webhook.envelopes import Arrival, NotJson, read_arrivals
from shared.fiscal.statuses import RecordState

VISIT: dict[str, Any] = {
    "company_id": 412077,
    "resource": "record",
    "resource_id": 640500104,
    "status": "update",
    "data": {"id": 640500104, "paid_full": 1, "last_change_date": "2026-04-14T15:02:33+0500"},
}
# The model of a visit reads "1.0" as well; only what is plainer is read the quick way.
UNUSUAL = VISIT | {"data": VISIT["data"] | {"paid_full": "1"}}
SALE: dict[str, Any] = {
    "company_id": 412077,
    "resource": "goods_operations_sale",
    "resource_id": 5,
    "status": "create",
    "data": {"id": 5, "document_id": 77, "type_id": 1, "last_change_date": "2026-04-14T15:02:33+0500"},
}


def read_one(body: Any) -> Arrival:
    ((arrival,), _) = read_arrivals(body if isinstance(body, bytes) else json.dumps(body).encode())
    return arrival


def put(text: str) -> bytes:
    """A visit with something more in its data, written as it is given."""
    return json.dumps(VISIT).replace('"data": {', f'"data": {{{text}, ').encode()


class TestKeys:
    """Those of stored rows must come out the same ever after: else every redelivery would be new."""

    @pytest.mark.parametrize("body", [VISIT, UNUSUAL, SALE], ids=["plain", "unusual", "goods"])
    def test_a_key_names_the_entity_its_change_and_the_body(self, body: dict[str, Any]) -> None:
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
        head = f"412077:{body['resource']}:{body['resource_id']}:{body['status']}:2026-04-14T15:02:33+05:00"
        arrival = read_one(body)
        assert arrival.dedup_key == f"{head}:{hashlib.sha256(canonical).hexdigest()}"
        assert arrival.changed_at is not None
        assert arrival.changed_at.isoformat() == "2026-04-14T15:02:33+05:00"

    def test_a_dash_stands_for_a_change_that_was_not_told(self) -> None:
        assert read_one(VISIT | {"data": {}}).dedup_key.startswith("412077:record:640500104:update:-:")


class TestWords:
    @pytest.mark.parametrize("body", [VISIT, UNUSUAL, SALE], ids=["plain", "unusual", "goods"])
    def test_what_was_taken_is_stored(self, body: dict[str, Any]) -> None:
        assert (read_one(body).state, read_one(body).message) == (RecordState.RECEIVED, "stored")

    def test_an_event_is_told_up_to_its_64th_letter(self) -> None:
        arrival = read_one({"event": "e" * 65})
        assert (arrival.state, arrival.message) == (RecordState.IGNORED, f"event '{'e' * 64}' is not about payments")

    @pytest.mark.parametrize(("name", "words"), [("resource", "is not about payments"), ("status", "is unknown")])
    def test_a_longer_resource_or_status_is_none(self, name: str, words: str) -> None:
        taken, refused = read_one(VISIT | {name: "x" * 64}), read_one(VISIT | {name: "x" * 65})
        assert (taken.state, taken.message) == (RecordState.IGNORED, f"{name} '{'x' * 64}' {words}")
        assert (refused.state, refused.field) == (RecordState.INVALID, name)

    @pytest.mark.parametrize(
        ("body", "field", "problem"),
        [
            (VISIT | {"data": {"services": [{"cost": "much"}]}}, "data.services.0.cost", "must be a number"),
            (VISIT | {"data": {"services": [7]}}, "data.services.0", "must be an object"),
            (VISIT | {"data": {"services": "much"}}, "data.services", "must be a list"),
            (VISIT | {"resource": 7}, "resource", "must be a text"),
            ({name: told for name, told in VISIT.items() if name != "status"}, "status", "is missing"),
            (7, "body", "must be an object"),
        ],
    )
    def test_a_fault_is_told_in_our_words_alone(self, body: Any, field: str, problem: str) -> None:
        arrival = read_one(body)
        assert (arrival.field, arrival.message) == (field, f"{field}: {problem}")

    @pytest.mark.parametrize(("length", "told"), [(200, "f" * 200), (201, "f" * 200 + "…")])
    def test_a_field_is_named_up_to_its_200th_letter(self, length: int, told: str) -> None:
        arrival = read_one(json.dumps({"f" * length: "\0"}).encode())
        assert (arrival.field, arrival.message.partition(":")[0]) == (told, told)

    def test_an_envelope_that_tells_of_an_event_as_well_is_an_envelope(self) -> None:
        assert read_one(VISIT | {"event": "uninstall"}).state is RecordState.RECEIVED


class TestBounds:
    @pytest.mark.parametrize(("inside", "is_kept"), [(59, True), (60, False)])
    @pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
    def test_sixty_levels_below_the_envelope(self, opening: str, closing: str, inside: int, is_kept: bool) -> None:
        """`data` is the first of them."""
        arrival = read_one(put(f'"deep": {opening * inside}1{closing * inside}'))
        assert arrival.is_invalid is not is_kept

    @pytest.mark.parametrize(
        ("number", "is_kept"), [("1.5e1000", True), ("1.5e1001", False), ("1.5e-1000", True), ("1.5e-1001", False)]
    )
    def test_a_number_of_a_thousand_places_either_way(self, number: str, is_kept: bool) -> None:
        arrival = read_one(put(f'"rate": {number}'))
        assert (arrival.is_invalid, arrival.field) == (not is_kept, None if is_kept else "data.rate")

    def test_a_number_alone_that_no_column_holds_is_the_body(self) -> None:
        assert read_one(b"1.5e1001").field == "body"

    @pytest.mark.parametrize("code", ["d800", "dbff", "dc00", "dfff"])
    def test_every_half_of_a_pair_is_refused(self, code: str) -> None:
        assert read_one(put(f'"comment": "\\u{code}"')).field == "data.comment"

    @pytest.mark.parametrize("code", ["d7ff", "e000"])
    def test_its_neighbours_are_text(self, code: str) -> None:
        assert read_one(put(f'"comment": "\\u{code}"')).state is RecordState.RECEIVED

    def test_beyond_any_reader_the_caller_learns_why(self) -> None:
        """How deep that is, each Python says for itself: reading gives up at one depth, writing at another."""

        def judge(depth: int) -> str:
            try:
                return "kept" if read_arrivals(b'{"a":' * depth + b"1" + b"}" * depth) else "nothing"
            except NotJson as error:
                return str(error)

        assert {judge(depth) for depth in (*range(850, 1100, 3), 200_000)} == {"kept", "nested too deeply"}
