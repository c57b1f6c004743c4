"""New passwords: long, on no list of guesses, not the login (ASVS 2.1.1, 2.1.2, 2.1.7)."""

import pytest

from api.acquire.account.password_rules import find_weakness


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("", "12 to 200"),
        ("11 letters.", "12 to 200"),
        ("x" * 201, "12 to 200"),
        ("qwertyuiop12", "guessed first"),
        ("QwertyUiop12", "guessed first"),
        ("passwordpassword", "guessed first"),
        ("aigerim12345", "login"),
        ("AIGERIM-aigerim", "login"),
    ],
)
def test_what_is_weak_is_refused_with_its_reason(password: str, words: str) -> None:
    weakness = find_weakness("aigerim", password)
    assert weakness is not None
    assert words in weakness.msgid % weakness.values


@pytest.mark.parametrize(
    "password",
    [
        "twelve chars",
        "right horse battery",
        "лошадь батарея скрепка",
        "a" * 99 + " " + "б" * 100,
        "aigerim and the blue bus",
    ],
)
def test_a_phrase_of_any_letters_is_good(password: str) -> None:
    assert find_weakness("aigerim", password) is None


def test_a_login_of_two_letters_is_in_many_words() -> None:
    assert find_weakness("an", "an anonymous banana") is None
