"""Reads what was typed to find a receipt: a sum, a number, the end of a phone, or words of a name. Pure."""

import re
from dataclasses import dataclass
from decimal import Decimal

from shared.fiscal.money import InvalidAmount, parse_amount

MAX_TYPED = 100
PHONE_TAIL = 4
_LARGEST_ID = 2**63 - 1
_LARGEST_SUM = Decimal(10) ** 11
_SPACES = r"[\s\u00a0\u202f]"
_MAX_WORDS = 8
# Kazakh letters as they are typed on a Russian keyboard.
LETTERS, PLAIN = "әғқңөұүһіё", "агкноуухие"
_FOLDED = str.maketrans(LETTERS, PLAIN)


@dataclass(frozen=True, slots=True)
class ReceiptSearch:
    """Says what to look for; a receipt is found by any of these, and by all of `words` together.

    `total`: its sum. `number`: of a record or a goods document. `digits`: a fiscal number, or the end of a phone where there
    are four or more. `external`: our number at Webkassa. `words`: of the client's name, folded.
    """

    total: Decimal | None = None
    number: int | None = None
    digits: str = ""
    external: str = ""
    words: tuple[str, ...] = ()

    @property
    def phone_tail(self) -> str:
        """Returns how the phone ends. A whole one is kept with a leading 7 or 8 and said with either."""
        if len(self.digits) < PHONE_TAIL:
            return ""
        return self.digits[1:] if len(self.digits) == 11 and self.digits[0] in "78" else self.digits


def fold(text: str) -> str:
    """Returns a text in small letters that every keyboard of the country has."""
    return text.lower().translate(_FOLDED)


def read_search(typed: str) -> ReceiptSearch | None:
    """Returns what to look for; None when there is nothing."""
    text = " ".join(typed[:MAX_TYPED].replace("\x00", "").split())
    if not text:
        return None
    if re.fullmatch(r"[A-Za-z]+_[A-Za-z0-9_]{1,60}", text):
        return ReceiptSearch(external=text.lower())
    total, digits = _read_sum(text), re.sub(r"[^0-9]", "", text)
    if re.fullmatch(r"[0-9\s()+.,#№₸\-]+", text) and digits and digits.isascii():
        is_plain = re.fullmatch(rf"[#№]?{_SPACES}*[0-9]+", text) is not None
        number = int(digits) if is_plain and 0 < int(digits) <= _LARGEST_ID else None
        has_tiyn = total is not None and re.search(r"[.,]", text) is not None
        return ReceiptSearch(total, number, "" if has_tiyn else digits)
    return ReceiptSearch(words=tuple(fold(text).split()[:_MAX_WORDS]))


def _read_sum(text: str) -> Decimal | None:
    """A sum is typed as `9900`, `9 900`, `9900,50` or with its sign; no sum begins with 0 or +."""
    compact = re.sub(_SPACES, "", text).removesuffix("₸").replace(",", ".")
    if not re.fullmatch(r"[1-9][0-9]{0,10}(\.[0-9]{1,2})?", compact):
        return None
    try:
        amount = parse_amount(compact)
    except InvalidAmount:
        return None
    return amount if amount < _LARGEST_SUM else None
