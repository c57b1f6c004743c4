"""Every comparison with a secret goes through `hmac.compare_digest`, whatever was given."""

import hmac
from collections.abc import Callable

import pytest

from api.acquire.access.signing import is_equal, seal, unseal
from api.webhook.security import BadSecret, Doorman

SECRET = "right-secret"
DOORMAN = Doorman((SECRET, "older-secret"), open_to_all=False)
SIGNATURE = hmac.new(SECRET.encode(), b"{}", "sha256").hexdigest()


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bytes, bytes]]:
    seen: list[tuple[bytes, bytes]] = []
    compare: Callable[[bytes, bytes], bool] = hmac.compare_digest

    def note(first: bytes, second: bytes) -> bool:
        seen.append((first, second))
        return compare(first, second)

    monkeypatch.setattr(hmac, "compare_digest", note)
    return seen


@pytest.mark.parametrize("given", ["", "r", "right-secre", "right-secret!", "wrong-secret", "ключ"])
def test_the_path_is_compared_with_every_secret_in_force(given: str, compared: list[tuple[bytes, bytes]]) -> None:
    assert DOORMAN.find_scope(given) is None
    assert compared == [(given.encode(), SECRET.encode()), (given.encode(), b"older-secret")]


@pytest.mark.parametrize("given", ["0" * 64, SIGNATURE[:-1], f"{SIGNATURE}0", "ё"])
def test_the_signature_is_compared_with_every_secret_in_force(given: str, compared: list[tuple[bytes, bytes]]) -> None:
    with pytest.raises(BadSecret):
        DOORMAN.check_signature(given.encode(), b"{}")
    assert len(compared) == 2
    assert (given.encode(), SIGNATURE.encode()) in compared


def test_cookies_and_form_tokens_are_compared_so(compared: list[tuple[bytes, bytes]]) -> None:
    sealed = seal(b"key", "session", "token")
    assert unseal(b"key", "session", sealed) == "token"
    assert unseal(b"key", "session", f"{sealed[:-1]}x") is None
    assert not is_equal("known", "given")
    assert len(compared) == 3
