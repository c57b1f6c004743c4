"""Translates the reasons that the worker writes beside its decisions. Pure.

`<name>` in what the worker says stands for words, `<name ₸>` for a sum. What nobody foresaw, such as Webkassa's own words,
stays as it is.
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache

from api.acquire.wire.words.rules import PARTS, RULES
from api.acquire.words.text import Text

Said = Text | str
# A reason may hold another, and that a third; no reason is longer than the column.
_DEEPEST = 4
_LONGEST = 1000
_FIELD = re.compile(r"<(\w+)( ₸)?>")
_SUM = r"-?[0-9]+(?:\.[0-9]+)?"
# What such a field holds is a reason, or a list of parts, of its own.
_NESTED = frozenset({"why", "rest"})
_LISTS = frozenset({"parts", "said", "told"})
_JOINED = Text("%(first)s and %(rest)s")


def explain_reason(reason: str | None) -> Said | None:
    """Returns the reason in words that can be translated; as it is where it is none of ours."""
    return _explain(reason[:_LONGEST], 0) if reason else None


def is_known(reason: str) -> bool:
    """Says whether the reason is one that the worker is known to give."""
    return isinstance(explain_reason(reason), Text)


def _explain(reason: str, depth: int) -> Said:
    if depth < _DEEPEST:
        for pattern, text in _compile_all():
            if found := pattern.fullmatch(reason):
                return Text(text.msgid, **{name: _read(name, said, depth) for name, said in found.groupdict().items()})
    return reason


def _read(name: str, said: str, depth: int) -> Said | Decimal:
    if name.startswith("sum_"):
        return Decimal(said)
    if name in _LISTS:
        return _join([_explain_part(part) for part in said.split(", ")])
    return _explain(said, depth + 1) if name in _NESTED else said


def _explain_part(part: str) -> Said:
    for pattern, text in _compile_parts():
        if found := pattern.fullmatch(part):
            return Text(text.msgid, **{name: Decimal(said) for name, said in found.groupdict().items()})
    return part


def _join(parts: Sequence[Said]) -> Said:
    first, *rest = parts
    return Text(_JOINED.msgid, first=first, rest=_join(rest)) if rest else first


@lru_cache
def _compile_all() -> list[tuple[re.Pattern[str], Text]]:
    return [(_compile(said), text) for said, text in RULES]


@lru_cache
def _compile_parts() -> list[tuple[re.Pattern[str], Text]]:
    return [(_compile(said), text) for said, text in PARTS]


def _compile(said: str) -> re.Pattern[str]:
    pieces, last = [], 0
    for field in _FIELD.finditer(said):
        is_sum = field[2] is not None
        pieces.append(re.escape(said[last : field.start()]))
        pieces.append(rf"(?P<{'sum_' if is_sum else ''}{field[1]}>{_SUM if is_sum else '.*?'}){' ₸' if is_sum else ''}")
        last = field.end()
    return re.compile("".join(pieces) + re.escape(said[last:]), re.DOTALL)
