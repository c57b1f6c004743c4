"""Reads how a salon's accounts are taken: by a word of an account's title, or by the account's id. Pure.

Beside the kinds of payment an account may be `none`, a transfer between bank accounts, which is no settlement at a cash
register; or `elsewhere`, a terminal that is a register itself and has made the receipt already.
"""

import re
from collections.abc import Mapping

from shared.fiscal.statuses import PaymentKind

NO_RECEIPT = "none"
ELSEWHERE = "elsewhere"
USES = (*PaymentKind, NO_RECEIPT, ELSEWHERE)

_ID = re.compile(r"(?:id:)?([0-9]{1,18})")


def parse_accounts(text: str) -> dict[str, str]:
    """Reads `Kaspi=mobile, id:46003=none` as word of a title, or `id:` and number -> how it is taken. Raises ValueError."""
    accounts: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        word, _, use = (piece.strip() for piece in part.partition("="))
        is_id = word.startswith("id:")
        if not word or use.lower() not in USES or (is_id and not _ID.fullmatch(word)):
            known = ", ".join(USES)
            raise ValueError(
                f"{part!r} must be a word of the account's title or its id, and one of {known}, such as Kaspi=mobile"
            )
        accounts[name_id(word)] = use.lower()
    return accounts


def name_id(word: str) -> str:
    """Returns a bare number as `id:` and number, anything else as it is."""
    number = _ID.fullmatch(word)
    return f"id:{number[1]}" if number else word


def find_use(accounts: Mapping[str, str], account_id: int | None, title: str | None) -> str | None:
    """Returns how the salon says that an account is taken, its id before its title; None where it says nothing."""
    by_id = accounts.get(f"id:{account_id}")
    if by_id is not None:
        return by_id
    return next((use for word, use in accounts.items() if has_word(title or "", word)), None)


def has_word(text: str, word: str) -> bool:
    """Says whether a text holds a word or words whole, in any case, with ё or е."""
    return re.search(rf"(?<!\w){re.escape(_plain(word))}(?!\w)", _plain(text)) is not None


def _plain(text: str) -> str:
    return text.casefold().replace("ё", "е")
