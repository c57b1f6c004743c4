"""However long a text is and whatever it repeats, masking it takes a time that grows with its length and no faster."""

import time
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.logging import MAX_MASKED, mask, mask_secrets, mask_text

# What the patterns are made of, so that each can be begun again and again and never ended.
_PIECES = (
    "a",
    "7",
    "+7",
    " ",
    "@",
    ".",
    "-",
    "://",
    ":",
    "/",
    "bearer ",
    "token",
    "webhook/",
    "eyJ",
    "<a",
    ">",
    '"',
    "=",
    "+",
    "(",
)
SHORT, LONG = MAX_MASKED // 16, MAX_MASKED
# Twice the straight line, and what one step more of the clock is; the square would be sixteen times the straight line.
_TOLERANCE, _STEP_SECONDS = 4, 0.002


def measure(work: Callable[[str], object], text: str) -> float:
    """Seconds of this thread's own work, whatever else the machine does."""
    taken = []
    for _ in range(3):
        began = time.thread_time()
        work(text)
        taken.append(time.thread_time() - began)
    return min(taken)


@pytest.mark.parametrize(
    "work", [mask_text, mask_secrets, lambda text: mask({"a": [text]})], ids=["text", "secrets", "json"]
)
@given(unit=st.lists(st.sampled_from(_PIECES), min_size=1, max_size=4).map("".join))
@example(unit="a")
@example(unit="a.")
@example(unit="eyJ-")
@example(unit="token")
@example(unit="://a:")
def test_no_text_takes_more_than_its_length(work: Callable[[str], object], unit: str) -> None:
    short, long = ((unit * size)[:size] for size in (SHORT, LONG))
    assert measure(work, long) <= (measure(work, short) + _STEP_SECONDS) * (LONG // SHORT) * _TOLERANCE / 2


@pytest.mark.parametrize("work", [mask_text, mask_secrets])
def test_what_is_longer_is_cut(work: Callable[[str], str]) -> None:
    assert len(work("ы" * 10_000_000)) == MAX_MASKED + 1
    assert work("ы" * MAX_MASKED) == "ы" * MAX_MASKED
