"""What went wrong, named by what to do now, and whose fault it is. Pure.

WebkassaError
├── WebkassaUnavailable      nothing reached the register: later
│   ├── TooManyRequests      429: later, no sooner than asked
│   └── DomainUnavailable    505: the spare hosts, then later
├── OutcomeUnknown           the call may have been carried out: ask before sending again
│   └── UnknownVendorCode    a code nobody documented: ask once, then a person
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
from enum import Enum
from typing import Any


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
        super().__init__(text if code is None else f"code {code}: {text}")
        self.text = text
        self.code = None if code is None else str(code)
        self.retry_after = retry_after
        self.response = response


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


def error_from_answer(errors: list[dict[str, Any]], response: Any, alternatives: tuple[str, ...] = ()) -> WebkassaError:
    """The error to act on, of the `Errors` of an answer; codes decide, texts only tell the two meanings of 9 apart."""
    faults = [(_code(item), str(item.get("Text") or item.get("text") or "")) for item in errors]
    code, _ = min(faults, key=lambda fault: _PRECEDENCE.index(fault[0]) if fault[0] in _PRECEDENCE else len(_PRECEDENCE))
    text = "; ".join(text for _, text in faults if text) or "no text"
    if code is None:
        return UnknownVendorCode(text, response=response)
    if code == 9 and _SEQUENCE.search(text):
        return CashboxBusy(text, code=code, response=response)
    if code == 505:
        return DomainUnavailable(text, code=code, alternatives=alternatives, response=response)
    return CLASS_OF_CODE.get(code, UnknownVendorCode)(text, code=code, response=response)


def _code(item: dict[str, Any]) -> int | None:
    value = item.get("Code", item.get("code"))
    try:
        return int(value) if value is not None else None
    except (TypeError, ValueError):
        return None
