"""Writes and recognises our own words in Altegio: the line that names a visit's receipts, the key of money we book. Pure.

Whatever a salon's marker or words of tips are, what we wrote ourselves is left out before they are looked for.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

_LINE = re.compile(r"[ \t]*Чек Webkassa № [^\s:]+(?:: \S+)?")
_DESK_KEY = re.compile(r"\bwk-[0-9a-f]{16}-(?:cash|card|mobile)\b")


@dataclass(frozen=True, slots=True)
class IssuedReceipt:
    """Holds what a visit is told of a receipt."""

    number: str
    url: str | None

    @property
    def line(self) -> str:
        link = f": {self.url}" if self.url and not re.search(r"\s", self.url) else ""
        return f"Чек Webkassa № {self.number}{link}"


def find_receipt_lines(text: str) -> list[str]:
    """Returns what of a text is ours, in its order."""
    return [found.strip() for found in _LINE.findall(text)]


def leave_out_receipts(text: str) -> str:
    """Returns a text without what is ours; where nothing is, as it stands."""
    if not _LINE.search(text):
        return text
    lines = [(line, _LINE.sub("", line)) for line in text.split("\n")]
    return "\n".join(rest for line, rest in lines if rest.strip() or rest == line)


def name_receipts(text: str, receipts: Sequence[IssuedReceipt]) -> str:
    """Returns a text with one line for each receipt, and none for others; as it stands where it says so already."""
    wanted = [receipt.line for receipt in receipts]
    if find_receipt_lines(text) == wanted:
        return text
    return "\n".join([*filter(None, [leave_out_receipts(text)]), *wanted])


def make_desk_key(form_key: UUID, kind: str) -> str:
    """Returns the key of a part of a payment taken at the desk: no other installation of the service makes the same."""
    return f"wk-{form_key.hex[:16]}-{kind}"


def find_desk_key(comment: str) -> str | None:
    """Returns our key in the comment of an operation, None where it is not ours."""
    found = _DESK_KEY.search(comment)
    return found.group() if found else None
