"""Names what went wrong with a call to Altegio by what to do now. Pure.

AltegioError
├── AltegioUnavailable   no answer, or none that can be read: later, no sooner than `retry_after`
│   ├── AnswerTooOld     older than what a webhook told: Altegio's copies may be behind each other
│   └── OutcomeUnknown   a change left, and nothing tells whether it was made: look before it is sent again
├── NoRights             the tokens, or the rights behind them: a person sets it right, webhooks have to do meanwhile
├── DeniedAlone          this one record, while others of its salon are shown: it may be invented
├── NotFound             404: Altegio does not know it; an answer, not a fault
└── AltegioRefused       any other refusal: asking again the same way will not help

A refusal comes with any status, 200 among them. No text here ever holds a token: Altegio's own words are searched for them.
"""

import re
from collections.abc import Iterable
from typing import Any

_LONGEST_MESSAGE = 200

_TOKENS_IN_QUESTION = re.compile(r"authenticat|authori[sz]|token|unauthori|аутентифик|авториз|токен", re.IGNORECASE)
_RIGHTS_IN_QUESTION = re.compile(
    r"\brights?\b|\bpermissions?\b|\baccess\b|forbidden|\bправ[ао]?\b|\bдоступа?\b|запрещ", re.IGNORECASE
)
# The whole message, since "the location was not found" is no empty list.
_NOTHING_FOUND = re.compile(
    r":\s*(ничего\s+не\s+найдено|не\s+найдено|nothing\s+found|not\s+found|no\s+results|табылмады)[.!]?\s*$", re.IGNORECASE
)
_CHECK_TOKENS = "check ALTEGIO_PARTNER_TOKEN and ALTEGIO_USER_TOKEN (a user's token changes with the password)"


class AltegioError(Exception):
    """Raised where Altegio does not answer or refuses. `status` is HTTP's, None without one; `retry_after`: seconds."""

    def __init__(self, text: str, *, status: int | None = None, retry_after: float | None = None) -> None:
        super().__init__(text if status is None else f"HTTP {status}: {text}")
        self.text = text
        self.status = status
        self.retry_after = retry_after


class AltegioUnavailable(AltegioError):
    """Raised without an answer, or for one that cannot be read: ask again later."""


class AnswerTooOld(AltegioUnavailable):
    """Raised for an answer that is older than what a webhook told: Altegio's copies may be behind each other."""


class OutcomeUnknown(AltegioUnavailable):
    """Raised where a change began to leave and no answer says what became of it."""


class NoRights(AltegioError):
    """Raised where the tokens, or the rights behind them, do not suffice: a person sets it right."""


class DeniedAlone(AltegioError):
    """Raised where Altegio denies one record and shows others of the same salon: somebody may have invented it."""


class NotFound(AltegioError):
    """Raised where Altegio does not know what was asked for."""


class AltegioRefused(AltegioError):
    """Raised for any other refusal: asking again the same way will not help."""


def find_error(
    status: int, body: Any, *, call: str, right: str, retry_after: float | None = None, secrets: Iterable[str] = ()
) -> AltegioError | None:
    """Returns the error that an answer is, or None for a success. `body` is None where there was no JSON.

    `call` names the request, and `right` what its user has to be allowed, for those who read the message.
    """
    envelope = body if isinstance(body, dict) and "success" in body else None
    message = _read_message(envelope, secrets)
    text = f"{call}: {message}"
    if status == 429:
        return AltegioUnavailable(f"{call}: too many requests", status=status, retry_after=retry_after)
    if status >= 500:
        return AltegioUnavailable(text, status=status, retry_after=retry_after)
    if status in (401, 403) or (envelope is not None and _is_refusal(envelope) and _speaks_of_rights(message)):
        return NoRights(f"{text}; {_advise(status, message, right)}", status=status)
    if envelope is None:
        return AltegioUnavailable(f"{call}: not an answer of Altegio, check ALTEGIO_API_URL", status=status)
    if status == 404:
        return NotFound(text, status=status)
    if not 200 <= status < 300 or _is_refusal(envelope):
        return AltegioRefused(text, status=status)
    return None


def says_nothing_found(error: AltegioError) -> bool:
    """Says whether a refused list is an empty one: some installations answer it with `success: false` and "Не найдено".

    With which status is not told. A 404 is left an error, since a wrong address says the same: an empty ledger is evidence
    that money is gone.
    """
    return error.status is not None and 200 <= error.status < 300 and bool(_NOTHING_FOUND.search(error.text))


def _is_refusal(envelope: dict[str, Any]) -> bool:
    return envelope["success"] not in (True, 1, "1", "true")


def _speaks_of_rights(message: str) -> bool:
    return bool(_TOKENS_IN_QUESTION.search(message) or _RIGHTS_IN_QUESTION.search(message))


def _advise(status: int, message: str, right: str) -> str:
    if status == 401 or _TOKENS_IN_QUESTION.search(message):
        return _CHECK_TOKENS
    return f"the user of ALTEGIO_USER_TOKEN needs the right to {right}"


def _read_message(envelope: dict[str, Any] | None, secrets: Iterable[str]) -> str:
    """Altegio's words, short and on one line. `meta` is `[]`, `{}` or an object with a message."""
    meta = (envelope or {}).get("meta")
    message = meta.get("message") if isinstance(meta, dict) else None
    text = " ".join(str(message or "no reason given").split())
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return text[:_LONGEST_MESSAGE]
