"""Which of two codes of one answer decides, in whichever order they come; what an error says where little was told."""

import itertools
from typing import Any

import pytest

from worker.webkassa.errors import (
    Blame,
    DomainUnavailable,
    NotBelieved,
    OutcomeUnknown,
    UnknownVendorCode,
    WebkassaError,
    error_from_answer,
)

# From what tells most of the register's state and of the document to what tells least.
RANKS: tuple[tuple[int, ...], ...] = (
    (14,),
    (2,),
    (3,),
    (1,),
    (11,),
    (505,),
    (18,),
    (-1,),
    (12,),
    (13,),
    (4,),
    (5,),
    (6,),
    (7,),
    (10,),
    (1404,),
    (1024,),
    (8, 9, 17, 1000),
)


def item(code: Any) -> dict[str, Any]:
    return {"Code": code, "Text": f"t{code}"}


@pytest.mark.parametrize(("more", "less"), list(itertools.combinations(RANKS, 2)), ids=str)
def test_what_tells_more_wins(more: tuple[int, ...], less: tuple[int, ...]) -> None:
    """So -1, an outcome that is unknown, is never taken for a refusal that stands beside it."""
    for one, other in itertools.product(more, less):
        answers = (error_from_answer(pair, None) for pair in ([item(one), item(other)], [item(other), item(one)]))
        assert [error.code for error in answers] == [str(one)] * 2


def test_a_code_that_says_nothing_counts_least() -> None:
    for fault in ({"Text": "no code"}, {"Code": True}):
        assert error_from_answer([fault, item(9)], None).code == "9"


def test_an_error_without_words_says_so() -> None:
    error = error_from_answer([{"Code": 8}, {"Code": 9, "text": "поле"}, {"Code": 9, "Text": ""}], {"raw": 1})
    assert (error.text, error.response) == ("поле", {"raw": 1})
    assert error_from_answer([{"Code": 8}], None).text == "no text"
    unknown = error_from_answer([{}], {"raw": 2})
    assert (type(unknown), unknown.code, unknown.text, unknown.response) == (UnknownVendorCode, None, "no text", {"raw": 2})


def test_what_is_not_said_of_an_error() -> None:
    error = WebkassaError("reason")
    assert (error.code, error.retry_after, error.response, error.blame, error.args) == (
        None,
        None,
        None,
        Blame.UNCLEAR,
        ("reason",),
    )
    assert (OutcomeUnknown("x").may_still_run, NotBelieved("x").may_still_run) == (False, True)
    assert OutcomeUnknown("x", may_still_run=True, code=-1, retry_after=7.5, response=[]).may_still_run
    assert DomainUnavailable("x").alternatives == ()


def test_all_that_is_told_of_an_error_is_kept() -> None:
    for kind in (OutcomeUnknown, DomainUnavailable, NotBelieved):
        error = kind("x", code=5, retry_after=7.5, response={"a": 1})
        assert (error.text, error.code, error.retry_after, error.response) == ("x", "5", 7.5, {"a": 1})
    spare = error_from_answer([item(505)], {"raw": 3}, ("a.test",))
    assert (spare.code, spare.text, spare.response) == ("505", "t505", {"raw": 3})
    busy = error_from_answer([{"Code": 9, "Text": "Параллельные запросы"}], {"raw": 4})
    assert (busy.code, busy.text, busy.response) == ("9", "Параллельные запросы", {"raw": 4})
