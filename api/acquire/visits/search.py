"""Reads what was typed into the search field into words and numbers, folded as the database folds what they are looked for
in. Pure.
"""

import re
from dataclasses import dataclass

MAX_TYPED = 100
PHONE_TAIL = 4
# Of a fiscal number, from which on it is worth a look among receipts.
FISCAL_DIGITS = 6
_LARGEST_ID = 2**63 - 1
_PHONE_DIGITS = (10, 11)
_MAX_WORDS = 8
# Kazakh letters as they are typed on a Russian keyboard, and letters that are heard alike. Migration 0026 has the same.
LETTERS = "абвгдежзиклмнопрстуфхцчшюяёэйыщәғқңөұүһі"
PLAIN = "abvgdejziklmnoprstufhcqwyxeeiiwagknouuhi"
_FOLDED = str.maketrans(LETTERS, PLAIN, "ъь")
_BETWEEN = re.compile(r"[\s!-/:-@\[-`{-~\u00a0\u00ab\u00bb\u2018-\u201f\u2010-\u2015\u2026\u20b8\u2116]+")


@dataclass(frozen=True, slots=True)
class Number:
    """Holds digits that may be a record's number, a sum, the tail of a phone or a fiscal number."""

    digits: str

    @property
    def record_id(self) -> int | None:
        number = int(self.digits)
        return number if 0 < number <= _LARGEST_ID else None

    @property
    def phone_tail(self) -> str | None:
        """Returns what a phone would end with. A whole one is kept with a leading 7 or 8 and said with either."""
        if len(self.digits) < PHONE_TAIL:
            return None
        return self.digits[1:] if len(self.digits) == _PHONE_DIGITS[1] and self.digits[0] in "78" else self.digits


@dataclass(frozen=True, slots=True)
class Search:
    """Looks for visits that have each of these words, by its beginning, and each of these numbers."""

    words: tuple[str, ...]
    numbers: tuple[Number, ...]


def fold(text: str) -> str:
    """Returns a text in small plain letters, with one space between words."""
    return _BETWEEN.sub(" ", text.lower().translate(_FOLDED)).strip()


def read_search(typed: str) -> Search | None:
    """Returns what to look for; None when there is nothing."""
    parts = fold(typed[:MAX_TYPED].replace("\x00", "")).split()[:_MAX_WORDS]
    words: list[str] = []
    runs: list[list[str]] = [[]]
    for part in parts:
        if part.isascii() and part.isdigit():
            runs[-1].append(part)
        else:
            words.append(part)
            runs.append([])
    numbers = [Number(digits) for run in runs for digits in _join(run)]
    return Search(tuple(words), tuple(numbers)) if words or numbers else None


def _join(run: list[str]) -> list[str]:
    """A sum and a phone are typed in groups: `9 900`, `8 701 555 01 42`. Two numbers of four digits are two numbers."""
    whole = "".join(run)
    is_phone = len(whole) in _PHONE_DIGITS or run[:1] in (["7"], ["8"])
    if is_phone or all(len(part) < PHONE_TAIL for part in run[1:]):
        return [whole] if whole else []
    return run
