"""What went wrong, named by what to do now, and whose fault it is. Pure.

WebkassaError
├── WebkassaUnavailable      nothing reached the register: later
│   ├── TooManyRequests      429: later, no sooner than asked
│   └── DomainUnavailable    505: the spare hosts, then later
├── OutcomeUnknown           the call may have been carried out: ask before sending again
│   ├── UnknownVendorCode    a code nobody documented: ask once, then a person
│   └── NotBelieved          the answer is about something else: ask, send again if it is not there, some times
├── AlreadyIssued            14: done, the receipt exists (its data may come along)
├── ShiftExpired             11: close the shift, repeat
├── ShiftNotOpen             12, 13: for a Z-report as good as done
├── CashboxBusy              9 about sequence: another call is at work, later
├── NotFoundInShift          15, 16, 19: not here; an answer, not a fault
├── RegisterRefused          4-7, 10, 1024, 1404, HTTP 403, 404: it takes nothing from us; pause it, tell its remedy
│   ├── LoginRefused         1, or a refused API key
│   ├── SessionExpired       2, 3: log in, repeat; the register's fault where three fresh sessions are refused as well
│   └── OfflineTooLong       18: the register itself has to reach its operator first
└── ReceiptRejected          a person: this request will never be accepted as it is
"""

import re
from collections.abc import Iterable
from enum import Enum
from typing import Any

from shared.cleaning import clean_text

NOT_BELIEVED = "not_believed"
_LONGEST_TEXT = 2000


class Blame(Enum):
    """Whose fault a failed attempt is, which decides what comes next.

    `receipt`: its own content, so a person. `register`: the cashbox is paused, nothing is given up. `service`: Webkassa,
    or the way to it, so only time is limited. `moment`: it passes by itself. `unclear`: it may be the receipt's own, so
    tries are counted.
    """

    RECEIPT = "receipt"
    REGISTER = "register"
    SERVICE = "service"
    MOMENT = "moment"
    UNCLEAR = "unclear"


class WebkassaError(Exception):
    """`code` and `text` are the vendor's; `retry_after` is in seconds, where it was given."""

    blame = Blame.UNCLEAR

    def __init__(
        self,
        text: str,
        *,
        code: int | str | None = None,
        retry_after: float | None = None,
        response: Any = None,
    ) -> None:
        super().__init__(text)
        self.text = clean_text(text, _LONGEST_TEXT)
        self.code = None if code is None else str(code)
        self.retry_after = retry_after
        self.response = response

    def __str__(self) -> str:
        return self.text if self.code is None else f"code {self.code}: {self.text}"


class WebkassaUnavailable(WebkassaError):
    blame = Blame.SERVICE


class TooManyRequests(WebkassaUnavailable):
    blame = Blame.MOMENT


class DomainUnavailable(WebkassaUnavailable):
    """`alternatives` are the host names of the header AlternativeDomainNames."""

    def __init__(self, text: str, *, alternatives: tuple[str, ...] = (), **kwargs: Any) -> None:
        super().__init__(text, **kwargs)
        self.alternatives = alternatives


class OutcomeUnknown(WebkassaError):
    """`may_still_run` after a time-out: the register may be at work on the call, and takes one at a time."""

    blame = Blame.SERVICE

    def __init__(self, text: str, *, may_still_run: bool = False, **kwargs: Any) -> None:
        super().__init__(text, **kwargs)
        self.may_still_run = may_still_run


class UnknownVendorCode(OutcomeUnknown):
    blame = Blame.UNCLEAR


class NotBelieved(OutcomeUnknown):
    """`text` says what in the answer belongs to another request: ours may be at work still. The code is our own word."""

    blame = Blame.UNCLEAR

    def __init__(self, text: str, *, may_still_run: bool = True, **kwargs: Any) -> None:
        super().__init__(text, may_still_run=may_still_run, **{"code": NOT_BELIEVED, **kwargs})


class AlreadyIssued(WebkassaError):
    pass


class ShiftExpired(WebkassaError):
    blame = Blame.MOMENT


class ShiftNotOpen(WebkassaError):
    pass


class CashboxBusy(WebkassaError):
    blame = Blame.MOMENT


class NotFoundInShift(WebkassaError):
    pass


class ReceiptRejected(WebkassaError):
    blame = Blame.RECEIPT


class RegisterRefused(WebkassaError):
    blame = Blame.REGISTER


class LoginRefused(RegisterRefused):
    pass


class SessionExpired(RegisterRefused):
    pass


class OfflineTooLong(RegisterRefused):
    pass


_REJECTED, _REGISTER = ReceiptRejected, RegisterRefused
CLASS_OF_CODE: dict[int, type[WebkassaError]] = {
    -1: OutcomeUnknown,
    1: LoginRefused,
    2: SessionExpired,
    3: SessionExpired,
    4: _REGISTER,
    5: _REGISTER,
    6: _REGISTER,
    7: _REGISTER,
    8: _REJECTED,
    9: _REJECTED,
    10: _REGISTER,
    11: ShiftExpired,
    12: ShiftNotOpen,
    13: ShiftNotOpen,
    14: AlreadyIssued,
    15: NotFoundInShift,
    16: NotFoundInShift,
    17: _REJECTED,
    18: OfflineTooLong,
    19: NotFoundInShift,
    20: _REJECTED,
    505: DomainUnavailable,
    **dict.fromkeys(range(1000, 1035), _REJECTED),
    # A tariff that is used up, and a licence that is not found.
    1024: _REGISTER,
    1404: _REGISTER,
    **dict.fromkeys(range(2001, 2008), _REJECTED),
    3001: _REJECTED,
    3002: _REJECTED,
}

# Where an answer carries several errors, the one that tells more about the register's state wins.
_PRECEDENCE = (14, 2, 3, 1, 11, 505, 18, -1, 12, 13, 4, 5, 6, 7, 10, 1404, 1024)
_SEQUENCE = re.compile(r"последовательн|параллельн|одновременн|sequential|concurrent", re.IGNORECASE)
# Innermost pairs first; an apostrophe inside a word opens nothing. What was cut off before its end is quoted to the end.
_PAIRS = r"«[^«»]*»|“[^“”„]*”|„[^“”„]*[“”]|‘[^‘’]*’|\"[^\"]*\"|`[^`]*`|(?<!\w)'.*?'(?!\w)"
_QUOTED = re.compile(rf"{_PAIRS}|[«“„‘\"`][^«»“”„‘’\"`]*$|(?<!\w)'[^']*$", re.DOTALL)


def speaks_of_sequence(text: str, names: Iterable[str] = ()) -> bool:
    """Says whether a text complains of two calls at once, in its own words: not in what it quotes, nor in our `names`."""
    unnamed = " ".join(text.split())
    for name in sorted((" ".join(name.split()) for name in names), key=len, reverse=True):
        unnamed = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", unnamed, flags=re.IGNORECASE) if name else unnamed
    own = unnamed
    while (left := _QUOTED.sub(" ", own)) != own:
        own = left
    # A text that is quoted as a whole has no other words.
    return bool(_SEQUENCE.search(own if re.search(r"\w", own) else unnamed))


def error_from_answer(errors: list[dict[str, Any]], response: Any, alternatives: tuple[str, ...] = ()) -> WebkassaError:
    """The error to act on, of the `Errors` of an answer; codes decide, texts only tell the two meanings of 9 apart."""
    faults = [(_code(item), str(item.get("Text") or item.get("text") or "")) for item in errors]
    code = min((code for code, _ in faults), key=_rank)
    text = "; ".join(text for _, text in faults if text) or "no text"
    if code is None:
        return UnknownVendorCode(text, response=response)
    if code == 9 and speaks_of_sequence(text):
        return CashboxBusy(text, code=code, response=response)
    if code == 505:
        return DomainUnavailable(text, code=code, alternatives=alternatives, response=response)
    return CLASS_OF_CODE.get(code, UnknownVendorCode)(text, code=code, response=response)


def _rank(code: int | None) -> int:
    return len(_PRECEDENCE) + 1 if code is None else _PRECEDENCE.index(code) if code in _PRECEDENCE else len(_PRECEDENCE)


def _code(item: dict[str, Any]) -> int | None:
    value = item.get("Code", item.get("code"))
    try:
        return None if value is None or isinstance(value, bool) else int(str(value).strip().removesuffix(".0"))
    except ValueError:
        return None
