"""Reads what was typed into the search of the wire, and keeps it out of addresses: a number may be somebody's phone."""

import re
from dataclasses import dataclass

from api.acquire.words.text import Refused, Text
from shared.config import ConfigurationError, Settings
from shared.storage.sealing import CannotUnseal, seal, unseal, without_credentials_key

MAX_TYPED = 64
_LARGEST = 2**63 - 1
_NUMBER = re.compile(r"[0-9]{1,30}")
_EXTERNAL = re.compile(r"altegio_[a-z0-9_]{1,42}")


@dataclass(frozen=True, slots=True)
class Sought:
    """Holds the number to look for: as Altegio's or ours (`number`), and as a text on receipts (`word`)."""

    number: int | None
    word: str


def read_typed(typed: str) -> Sought | None:
    """Returns what to look for; None for what is no number of a record, a document, a receipt or a delivery."""
    word = typed[:MAX_TYPED].strip().lstrip("№#").strip().lower()
    if _EXTERNAL.fullmatch(word):
        return Sought(None, word)
    if not _NUMBER.fullmatch(word):
        return None
    number = int(word)
    return Sought(number if 0 < number <= _LARGEST else None, word)


def close(settings: Settings, typed: str) -> str:
    """Returns what was typed as a sealed word for an address. Raises Refused without a key to seal with."""
    try:
        return seal(without_credentials_key(settings), typed[:MAX_TYPED])
    except ConfigurationError:
        raise Refused(Text("The search needs SECRET_KEY to be set.")) from None


def unclose(settings: Settings, sealed: str) -> str:
    """Returns what was typed; nothing for what is not sealed by us."""
    try:
        return unseal(without_credentials_key(settings), sealed) if sealed and len(sealed) < 1000 else ""
    except (CannotUnseal, ConfigurationError, ValueError):
        return ""
