"""Bodies that come in pieces, break off, or are longer than they say; whose webhooks a secret opens."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.requests import ClientDisconnect

from api.webhook.security import ALL_SALONS, BodyTooLarge, Doorman, ForeignSalon, Scope, read_body

LIMIT = 1_048_576


def read(messages: Sequence[dict[str, Any]], declared: bytes = b"") -> tuple[bytes, int]:
    """What was read, and how many of the messages that took."""
    left = list(messages)

    async def receive() -> dict[str, Any]:
        return left.pop(0)

    return asyncio.run(read_body(receive, declared)), len(messages) - len(left)


def piece(body: bytes, **more: Any) -> dict[str, Any]:
    return {"type": "http.request", "body": body, **more}


def test_pieces_are_put_together_until_the_last() -> None:
    messages = [piece(b"ab", more_body=True), {"type": "http.request", "more_body": True}, piece(b"c"), piece(b"d")]
    assert read(messages) == (b"abc", 3)
    assert read([piece(b"ab", more_body=False), piece(b"c")]) == (b"ab", 1)


def test_who_leaves_in_the_middle_sent_nothing() -> None:
    with pytest.raises(ClientDisconnect):
        read([piece(b"ab", more_body=True), {"type": "http.disconnect"}])


@pytest.mark.parametrize(("size", "is_taken"), [(LIMIT, True), (LIMIT + 1, False)])
def test_a_mebibyte_is_the_most_declared_or_in_pieces(size: int, is_taken: bool) -> None:
    ways = (
        ([piece(b"a")], str(size).encode()),
        ([piece(b"a" * (size - 1), more_body=True), piece(b"a")], b""),
        ([piece(b"a" * size)], b"many"),
    )
    for messages, declared in ways:
        if is_taken:
            assert read(messages, declared)[0]
        else:
            with pytest.raises(BodyTooLarge):
                read(messages, declared)


def test_a_salon_s_own_scope_takes_its_own_and_what_names_none() -> None:
    Scope(7).check([7, None, 7])
    with pytest.raises(ForeignSalon, match=r"^this address takes webhooks of company 7 alone$"):
        Scope(7).check([7, 8])
    ALL_SALONS.check([7, 8])


def test_any_of_the_secrets_opens_and_none_of_it_else() -> None:
    door = Doorman(["first", "sëcond"], open_to_all=True)
    assert [door.find_scope(secret) for secret in ("first", "sëcond")] == [ALL_SALONS, ALL_SALONS]
    assert [door.find_scope(secret) for secret in ("", "firs", None, "\udcff")] == [None] * 4
    assert Doorman([], open_to_all=False).find_scope("any") is None
    assert Doorman([], open_to_all=True).find_scope(None) is ALL_SALONS
