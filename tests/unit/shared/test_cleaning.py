"""What others write never holds what a column or a page cannot."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.cleaning import MAX_DEPTH, MAX_ITEMS, MAX_TEXT, clean, clean_text, read_json

HIGH, LOW = "\ud83d", "\ude00"


@pytest.mark.parametrize(
    ("content", "read"),
    [
        pytest.param(b'{"a": 1, "b": 2.50, "c": null}', {"a": 1, "b": Decimal("2.50"), "c": None}, id="plain"),
        pytest.param('{"a": "Тимур 😀"}'.encode(), {"a": "Тимур 😀"}, id="an-emoji"),
        pytest.param(b'{"a": "\\ud83d\\ude00"}', {"a": "😀"}, id="an-escaped-emoji"),
        pytest.param(b'{"a": "x\\ud83dy"}', {"a": "xy"}, id="half-of-one"),
        pytest.param(b'{"a": "x\\uDE00y"}', {"a": "xy"}, id="the-other-half"),
        pytest.param(b'{"a": "x\\u0000y", "b\\u0000": 1}', {"a": "xy", "b": 1}, id="nul"),
        pytest.param(b'{"a": "x\x00\ny"}', {"a": "x\ny"}, id="control-characters"),
        pytest.param(b'{"a": "x\xff", "b": 1}', {"a": "x\ufffd", "b": 1}, id="no-utf-8"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', {"a": 1}, id="a-byte-order-mark"),
        pytest.param(b'{"a": NaN, "b": [-Infinity], "c": 1}', {"a": None, "b": [None], "c": 1}, id="no-number"),
        pytest.param(b'{"a": 1e400000, "b": 1e-400000}', {"a": "1e400000", "b": "1e-400000"}, id="without-bounds"),
        pytest.param(b'{"a": 1e999999999999999999999}', {"a": "1e999999999999999999999"}, id="beyond-decimal"),
        pytest.param(b"[" + b"9" * 5000 + b"]", ["9" * 5000], id="more-digits-than-python-reads"),
    ],
)
def test_an_odd_value_costs_itself_alone(content: bytes, read: Any) -> None:
    assert read_json(content) == read


@pytest.mark.parametrize("content", [b"", b"<html>", b'{"a": 1} {}', b'{"a": ', b"[" * 100_000])
def test_what_is_no_json_is_none(content: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_json(content)


def test_texts_lists_and_depths_have_an_end() -> None:
    nest: Any = "deep"
    for _ in range(200):
        nest = {"a": [nest]}
    cleaned = clean({"text": "я" * (MAX_TEXT + 1), "list": [1] * (MAX_ITEMS + 1), "nest": nest})
    assert (len(cleaned["text"]), len(cleaned["list"])) == (MAX_TEXT, MAX_ITEMS)
    depth, level = 0, cleaned["nest"]
    while level is not None:
        depth, level = depth + 1, next(iter(level.values())) if isinstance(level, dict) else level[0]
    assert depth < MAX_DEPTH
    assert read_json(b'{"a": "' + b"x" * (MAX_TEXT + 1) + b'"}') == {"a": "x" * MAX_TEXT}


@given(
    st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
)
def test_what_is_clean_stays_as_it_is(value: Any) -> None:
    assert clean(clean(value)) == clean(value)


@given(st.text(st.characters(codec=None), max_size=50))
def test_every_text_can_be_stored(text: str) -> None:
    cleaned = clean_text(HIGH + text + LOW + "\x00")
    assert "\x00" not in cleaned
    cleaned.encode()
