"""What is kept of a webhook that cannot be taken: whose it was, what is wrong, and all of its bytes."""

import hashlib
import json
from typing import Any

import pytest

from api.webhook.envelopes import Arrival, NotJson, read_arrivals
from shared.fiscal.statuses import RecordState

ENVELOPE: dict[str, Any] = {"company_id": 7, "resource": "record", "resource_id": 5, "status": "update", "data": {"id": 5}}


def read_one(body: Any) -> Arrival:
    ((arrival,), _) = read_arrivals(body if isinstance(body, bytes) else json.dumps(body).encode())
    return arrival


@pytest.mark.parametrize(
    ("changes", "field", "problem"),
    [
        ({"resource_id": 0}, "resource_id", "must be positive"),
        ({"data": []}, "data", "must be an object"),
        ({"data": {"id": 5, "services": 7}}, "data.services", "must be a list"),
    ],
)
def test_it_belongs_to_its_salon_and_says_what_is_wrong(changes: dict[str, Any], field: str, problem: str) -> None:
    arrival = read_one(ENVELOPE | changes)
    assert (arrival.state, arrival.field, arrival.message) == (RecordState.INVALID, field, f"{field}: {problem}")
    known = {"company_id": 7, "resource": "record", "resource_id": 5, "status": "update", **changes}
    assert (arrival.company_id, arrival.resource, arrival.status) == (7, "record", "update")
    assert arrival.resource_id == known["resource_id"]
    assert json.loads(arrival.body or b"") == ENVELOPE | changes
    assert arrival.dedup_key == f"invalid:{hashlib.sha256(arrival.body or b'').hexdigest()}"


def test_what_names_no_salon_belongs_to_none() -> None:
    arrival = read_one({"resource": "record"})
    assert (arrival.message, arrival.company_id, arrival.resource) == ("company_id: is missing", None, None)


def test_a_crowd_and_what_cannot_be_stored_are_kept_as_bytes() -> None:
    raw = b"[" + b",".join([b"1"] * 1001) + b"]"
    crowd = read_one(raw)
    assert (crowd.message, crowd.raw_body) == ("body: a list of 1001 envelopes, more than 1000 at once", raw)
    assert crowd.dedup_key == f"invalid:{hashlib.sha256(raw).hexdigest()}"
    odd = read_one(b'{"a":"\\u0000"}')
    assert json.loads(odd.raw_body or b"") == {"a": "\x00"}
    assert odd.dedup_key == f"invalid:{hashlib.sha256(odd.raw_body or b'').hexdigest()}"


def test_a_lifecycle_callback_says_what_it_was() -> None:
    arrival = read_one({"event": "uninstall"})
    assert arrival.message == "event 'uninstall' is not about payments"
    assert arrival.dedup_key == f"lifecycle:{hashlib.sha256(arrival.body or b'').hexdigest()}"


@pytest.mark.parametrize(
    ("raw", "words"), [(b"NaN", r"^not JSON: NaN is not a JSON number$"), (b"[" * 200_000, r"^nested too deeply$")]
)
def test_what_is_no_json_says_why(raw: bytes, words: str) -> None:
    with pytest.raises(NotJson, match=words):
        read_arrivals(raw)
