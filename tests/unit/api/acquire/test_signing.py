import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.acquire.access.signing import SecretKeyMissing, get_secret, make_form_token, seal, unseal
from shared.config import Settings

SECRET = b"k" * 32


@given(st.text(alphabet=st.characters(min_codepoint=33, max_codepoint=126), max_size=60))
def test_what_was_sealed_is_read_back(value: str) -> None:
    assert unseal(SECRET, "session", seal(SECRET, "session", value)) == value


@given(st.text(max_size=60))
def test_what_was_not_sealed_is_nothing(value: str) -> None:
    assert unseal(SECRET, "session", value) is None


def test_a_seal_is_good_for_one_key_and_one_purpose() -> None:
    sealed = seal(SECRET, "visitor", "x")
    assert unseal(SECRET, "session", sealed) is None
    assert unseal(b"other", "visitor", sealed) is None
    assert unseal(SECRET, "visitor", None) is None
    assert make_form_token(SECRET, "a") != make_form_token(SECRET, "b")


def test_without_a_key_nothing_is_signed_unless_it_is_a_trial() -> None:
    with pytest.raises(SecretKeyMissing):
        get_secret(Settings(_env_file=None, secret_key="", debug=False))
    assert get_secret(Settings(_env_file=None, secret_key="", debug=True))
    assert get_secret(Settings(_env_file=None, secret_key="s", debug=False)) == b"s"
