"""Holds words for staff that are translated only when they are shown. Pure."""

from dataclasses import dataclass
from typing import Any


class Text:
    """Holds a message id with its values: `Text("Cash received must be at least %(sum)s", sum=Decimal(500))`.

    A Decimal is shown as money, a datetime as a time of day in Almaty, a Text in its translation.
    """

    __slots__ = ("msgid", "values")

    def __init__(self, msgid: str, /, **values: Any) -> None:
        self.msgid = msgid
        self.values = values

    def __repr__(self) -> str:
        return f"Text({self.msgid!r}, {self.values!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and (self.msgid, self.values) == (other.msgid, other.values)

    def __hash__(self) -> int:
        return hash(self.msgid)


@dataclass(frozen=True, slots=True)
class Link:
    """Holds an address of ours and what its button says."""

    address: str
    label: Text


class Refused(Exception):
    """Raised where what staff asked for cannot be done now; `text` says why, `link` leads to what there is instead."""

    def __init__(self, text: Text, link: Link | None = None) -> None:
        super().__init__(text.msgid)
        self.text = text
        self.link = link
