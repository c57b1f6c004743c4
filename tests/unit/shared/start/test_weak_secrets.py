"""Which secrets are refused at the start, of whichever process holds them."""

import secrets
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.start.weak_secrets import find_equal, find_fault, find_fault_in_path

GOOD = "n7Kq-2vXw.9Zt_4Lp~c"


@pytest.mark.parametrize(
    ("secret", "said"),
    [
        pytest.param("s3cret", "shorter", id="short"),
        pytest.param(GOOD[:11], "shorter", id="one-short"),
        pytest.param("a" * 64, "different", id="one-letter"),
        pytest.param("abcd" * 8, "different", id="four-letters"),
        pytest.param("password12345678", "word", id="a-word-and-digits"),
        pytest.param("Secret_Secret_Secret", "word", id="a-word-again-and-again"),
        pytest.param("change-me-change-me-now", "placeholder", id="placeholder"),
        pytest.param("prod-CHANGEME-0f1e2d3c", "placeholder", id="placeholder-inside"),
        pytest.param("<your secret goes here>", "placeholder", id="angle-brackets"),
    ],
)
def test_weak_secrets_are_refused_without_being_shown(secret: str, said: str) -> None:
    fault = find_fault(secret)
    assert fault is not None
    assert said in fault
    assert secret not in fault


@pytest.mark.parametrize("secret", [GOOD, "webhook-secret-of-a-test", "test-secret-0123456789", "correct horse battery"])
def test_what_somebody_made_up_passes(secret: str) -> None:
    assert find_fault(secret) is None


@pytest.mark.parametrize("letter", sorted(set(string.punctuation + " я\t") - set("._~-")))
def test_a_path_carries_letters_that_need_no_escape(letter: str) -> None:
    assert find_fault_in_path(GOOD) is None
    assert find_fault_in_path(f"{GOOD}{letter}")


@given(st.integers(12, 64).map(secrets.token_hex))
def test_random_secrets_pass(secret: str) -> None:
    assert find_fault_in_path(secret) is None


def test_secrets_of_ours_that_are_equal_are_named_in_pairs() -> None:
    ours = {"A": ["one", "two"], "B": ["two"], "C": ["three"], "D": []}
    others = {"E": ["three"], "F": ["theirs"], "G": ["theirs"]}
    assert list(find_equal(ours, others)) == ["A and B are equal", "C and E are equal"]
