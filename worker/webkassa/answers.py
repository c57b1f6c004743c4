"""Reads what came back from Webkassa: the register's own answer, or that of something that stands before it.

Business errors come with HTTP 200, so the body is read first whatever the status says.
"""

import html
import re
from typing import Any

from shared.logging import mask_text
from shared.storage.db import load_json
from shared.wire.answer import Answer
from worker.webkassa.errors import (
    DomainUnavailable,
    LoginRefused,
    OutcomeUnknown,
    RegisterRefused,
    TooManyRequests,
    WebkassaError,
    error_from_answer,
)
from worker.webkassa.known_address import KnownAddress

_NO_SUCH_METHOD = (404, 405)
# Also what a page that is cut off leaves open.
_MARKUP = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)|<[^>]*(?:>|\Z)", re.IGNORECASE | re.DOTALL)
# Longer than any word: what a page repeats of a request, a token in it among the rest.
_LONG_RUN = re.compile(r"\S{25,}")
_MOST_WORDS = 100


def read_answer(answer: Answer, address: KnownAddress, *, may_be_missing: bool = False) -> Any:
    """Returns `Data` of an answer of the register. Raises the WebkassaError to act on.

    `may_be_missing`: of a method that older editions of the API lack.
    """
    body = _parse(answer.content)
    envelope = body if isinstance(body, dict) else {}
    errors = envelope.get("Errors")
    errors = errors if isinstance(errors, list) else []
    if not errors and not ("Data" in envelope and 200 <= answer.status < 300):
        raise _foreign_error(answer, address, is_envelope="Errors" in envelope, may_be_missing=may_be_missing)
    address.note_register()
    if answer.is_early or answer.is_doubtful:
        raise OutcomeUnknown("an answer came that may be to another request")
    if errors:
        error = error_from_answer([item for item in errors if isinstance(item, dict)] or [{}], body, _name_spares(answer))
        error.retry_after = answer.retry_after
        raise error
    return envelope["Data"]


def _parse(content: bytes) -> Any:
    try:
        return load_json(content)
    except (ValueError, ArithmeticError, RecursionError):  # no JSON, or numbers beyond any sum
        return None


def _foreign_error(answer: Answer, address: KnownAddress, *, is_envelope: bool, may_be_missing: bool) -> WebkassaError:
    """What an answer means that is not the register's own."""
    status, retry_after = answer.status, answer.retry_after
    words = _first_words(answer.content)
    told = f"HTTP {status} without an answer of the register: {words}"
    if answer.is_doubtful:
        return OutcomeUnknown(told, retry_after=retry_after)
    if status == 429:
        return TooManyRequests("too many requests", code=status, retry_after=retry_after)
    if status == 505:
        return DomainUnavailable("this domain does not serve now", code=status, alternatives=_name_spares(answer))
    if status == 401:
        return LoginRefused("the API key is refused", code=status)
    if may_be_missing and status in _NO_SUCH_METHOD:
        return RegisterRefused("no such method", code=status)
    if status >= 500:
        address.note_gateway(f"HTTP {status}: {words}")
        # 504: the gateway gave up, and the register may be at work.
        return OutcomeUnknown(told, code=status, retry_after=retry_after, may_still_run=status == 504)
    if (status < 400 or status in (403, *_NO_SUCH_METHOD)) and not is_envelope and address.is_known():
        # A gateway in the register's place, as with 503. Nothing says that it did not pass the call on, nor is its status a
        # code of the register, for which there would be a remedy.
        address.note_gateway(f"HTTP {status}: {words}")
        return OutcomeUnknown(told, retry_after=retry_after)
    if status == 403:
        return RegisterRefused("access is denied", code=status, retry_after=retry_after)
    if 300 <= status < 400 or status in _NO_SUCH_METHOD:
        return RegisterRefused("no such address: check WEBKASSA_API_URL", code=status, retry_after=retry_after)
    return OutcomeUnknown(told, code=status, retry_after=retry_after)


def _first_words(content: bytes) -> str:
    """What a page says to people, without its markup."""
    text = html.unescape(_MARKUP.sub(" ", content[:16_384].decode("utf-8", "replace")))
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return mask_text(_LONG_RUN.sub("…", " ".join(text.split())))[:_MOST_WORDS] or "no words"


def _name_spares(answer: Answer) -> tuple[str, ...]:
    header = answer.headers.get("alternativedomainnames", "")
    return tuple(host.strip() for host in re.split(r"[,;]", header) if host.strip())
