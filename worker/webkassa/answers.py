"""Reads what came back from Webkassa: the register's own answer, or that of something that stands before it.

Business errors come with HTTP 200, so the body is read first whatever the status says.
"""

import re
from typing import Any

from shared.storage.db import load_json
from worker.webkassa.errors import (
    DomainUnavailable,
    LoginRefused,
    OutcomeUnknown,
    RegisterRefused,
    TooManyRequests,
    WebkassaError,
    error_from_answer,
)
from worker.webkassa.transport import Answer


def read_answer(answer: Answer) -> Any:
    """Returns `Data` of an answer of the register. Raises the WebkassaError to act on."""
    body = _parse(answer.content)
    errors = body.get("Errors") if isinstance(body, dict) else None
    if errors and isinstance(errors, list):
        alternatives = _split_hosts(answer.headers.get("AlternativeDomainNames", ""))
        error = error_from_answer([item for item in errors if isinstance(item, dict)] or [{}], body, alternatives)
        error.retry_after = _retry_after(answer)
        raise error
    if answer.is_success and isinstance(body, dict) and "Data" in body:
        return body["Data"]
    raise _gateway_error(answer)


def _parse(content: bytes) -> Any:
    try:
        return load_json(content)
    except (ValueError, ArithmeticError, RecursionError):  # no JSON, or numbers beyond any sum
        return None


def _gateway_error(answer: Answer) -> WebkassaError:
    """An answer that is not the register's own. Only statuses that certainly stopped the call before it are refusals."""
    status, retry_after = answer.status, _retry_after(answer)
    if status == 429:
        return TooManyRequests("too many requests", code=status, retry_after=retry_after)
    if status == 505:
        alternatives = _split_hosts(answer.headers.get("AlternativeDomainNames", ""))
        return DomainUnavailable("this domain does not serve now", code=status, alternatives=alternatives)
    if status == 401:
        return LoginRefused("the API key is refused", code=status)
    if status == 403:  # a firewall's passing mood, or a wrong key: nothing reached the register either way
        return RegisterRefused("access is denied", code=status, retry_after=retry_after)
    if status in (301, 302, 303, 307, 308, 404, 405):
        # A wrong address, or for a moment another server behind the right one: no fault of the receipt's.
        return RegisterRefused("no such address: check WEBKASSA_API_URL", code=status, retry_after=retry_after)
    return OutcomeUnknown(f"HTTP {status} without an answer of the register", code=status, retry_after=retry_after)


def _retry_after(answer: Answer) -> float | None:
    value = answer.headers.get("Retry-After", "").strip()
    return float(value) if re.fullmatch(r"\d{1,6}(\.\d+)?", value) else None


def _split_hosts(header: str) -> tuple[str, ...]:
    return tuple(host.strip() for host in re.split(r"[,;]", header) if host.strip())
