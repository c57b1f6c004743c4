"""Reads what came back from Webkassa: the register's own answer, or that of something that stands before it.

Business errors come with HTTP 200, so the body is read first whatever the status says. What was not understood is kept in
the error as evidence.
"""

import re
from collections.abc import Iterable
from typing import Any

from shared.cleaning import clean_text
from shared.logging import MASK, mask_secrets
from worker.webkassa.cleaning import clean_answer
from worker.webkassa.errors import (
    AlreadyIssued,
    DomainUnavailable,
    LoginRefused,
    OutcomeUnknown,
    RegisterRefused,
    TooManyRequests,
    UnknownVendorCode,
    WebkassaError,
    error_from_answer,
)
from worker.webkassa.transport import Answer

EVIDENCE_BYTES = 2048
# A server of Webkassa's that looked at the request and found it wrong, though not in the words of the API.
_REFUSALS = frozenset({400, 409, 413, 415, 422})


def read_answer(answer: Answer) -> Any:
    """Returns `Data` of an answer of the register. Raises the WebkassaError to act on.

    A document that exists, exists: `Errors` beside one are warnings, and come along with it under that name. Only code 14
    says more than the document itself.
    """
    body = clean_answer(answer.content)
    told = body if isinstance(body, dict) else {}
    faults = _read_faults(told.get("Errors"))
    if any("Code" in fault for fault in faults):
        error = error_from_answer(faults, body, _split_hosts(answer.headers.get("AlternativeDomainNames", "")))
        error.retry_after = _retry_after(answer)
        if _has_document(told) and not isinstance(error, AlreadyIssued):
            return {**told["Data"], "Errors": faults}
        raise error
    if _has_document(told) and faults:
        return {**told["Data"], "Errors": faults}
    if answer.is_success and "Data" in told and not faults:
        return told["Data"]
    raise _refusal_without_code(answer, told, faults)


def _has_document(body: dict[str, Any]) -> bool:
    data = body.get("Data")
    return isinstance(data, dict) and bool(data.get("CheckNumber"))


def _read_faults(errors: Any) -> list[dict[str, Any]]:
    """`Errors` in any shape that was seen: objects with codes, plain texts, or ASP.NET's texts by field."""
    if isinstance(errors, dict) and not errors.keys() & {"Code", "Text"}:
        return [{"Text": f"{field}: {text}"} for field, texts in errors.items() for text in _as_list(texts)]
    return [error if isinstance(error, dict) else {"Text": str(error)} for error in _as_list(errors) if error]


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _refusal_without_code(answer: Answer, body: dict[str, Any], faults: list[dict[str, Any]]) -> WebkassaError:
    """Words without a code, or no words at all. The server's own words are kept, whoever the server is."""
    words = [body.get(name) for name in ("Title", "Detail", "Message")] + [fault.get("Text") for fault in faults]
    text = "; ".join(str(word) for word in words if word and not isinstance(word, dict | list))
    if text and (answer.is_success or answer.status in _REFUSALS):
        # Nobody documents it, so it is asked for once and then a person's.
        code = None if answer.is_success else answer.status
        return UnknownVendorCode(text, code=code, response=body, retry_after=_retry_after(answer))
    error = _gateway_error(answer)
    error.text = f"{error.text}: {text}" if text else error.text
    error.response = error.response or keep_evidence(answer)
    return error


def keep_evidence(answer: Answer) -> dict[str, Any]:
    """Returns the beginning of an answer that was not understood, without secrets, as it is kept with the call."""
    text = clean_text(answer.content[:EVIDENCE_BYTES].decode("utf-8", "replace"))
    return {"HttpStatus": answer.status, "Text": mask_secrets(text)}


def hide(value: Any, secrets: Iterable[str]) -> Any:
    """Returns words or parsed JSON without these secrets, wherever a server repeats them."""
    if isinstance(value, str):
        for secret in filter(None, secrets):
            value = value.replace(secret, MASK)
        return value
    if isinstance(value, list):
        return [hide(item, secrets) for item in value]
    return {key: hide(item, secrets) for key, item in value.items()} if isinstance(value, dict) else value


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
