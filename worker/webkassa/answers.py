"""Reads what came back from Webkassa: the register's own answer, or that of something that stands before it.

Business errors come with HTTP 200, so the body is read first whatever the status says.
"""

import html
import re
from collections.abc import Callable, Iterable
from typing import Any

from shared.cleaning import clean_text
from shared.logging import MASK, mask_secrets, mask_text
from shared.wire.answer import Answer
from worker.webkassa.cleaning import clean_answer
from worker.webkassa.errors import (
    AlreadyIssued,
    DomainUnavailable,
    LoginRefused,
    NotBelieved,
    OutcomeUnknown,
    RegisterRefused,
    TooManyRequests,
    UnknownVendorCode,
    WebkassaError,
    WebkassaUnavailable,
    error_from_answer,
)
from worker.webkassa.known_address import KnownAddress
from worker.webkassa.schemas import (
    FiscalReceipt,
    UnreadableAnswer,
    find_registers,
    read_check_data,
    read_history_item,
    read_items,
)

EVIDENCE_BYTES = 2048
# Says why a document cannot be the one that was asked for; None where nothing speaks against it.
Judge = Callable[[FiscalReceipt], str | None]
# A server of Webkassa's that looked at the request and found it wrong, though not in the words of the API.
_REFUSALS = frozenset({400, 409, 413, 415, 422})
_NO_SUCH_METHOD = (404, 405)
# Also what a page that is cut off leaves open.
_MARKUP = re.compile(r"<!--.*?(?:-->|\Z)|<(script|style)\b.*?(?:</\1\s*>|\Z)|<[^>]*(?:>|\Z)", re.IGNORECASE | re.DOTALL)
# Longer than any word: what a page repeats of a request, a token in it among the rest.
_LONG_RUN = re.compile(r"\S{25,}")
_MOST_WORDS = 100


def read_answer(answer: Answer, address: KnownAddress, *, may_be_missing: bool = False) -> Any:
    """Returns `Data` of an answer of the register. Raises the WebkassaError to act on.

    A document that exists, exists: `Errors` beside one are warnings, and come along with it under that name. Only code 14
    says more than the document itself. `may_be_missing`: of a method that older editions of the API lack.
    """
    body = clean_answer(answer.content)
    told = body if isinstance(body, dict) else {}
    faults = _read_faults(told.get("Errors"))
    has_codes, has_document = any("Code" in fault for fault in faults), _has_document(told)
    is_success = not faults and "Data" in told and 200 <= answer.status < 300
    if not has_codes and not is_success and not (has_document and faults):
        raise _refusal_without_code(answer, told, faults, address, may_be_missing=may_be_missing)
    address.note_register()
    if answer.is_early or answer.is_doubtful:
        raise OutcomeUnknown("an answer came that may be to another request", response=body)
    if has_codes:
        error = error_from_answer(faults, body, _name_spares(answer))
        error.retry_after = answer.retry_after
        if not has_document or isinstance(error, AlreadyIssued):
            raise error
    return {**told["Data"], "Errors": faults} if faults else told["Data"]


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


def _refusal_without_code(
    answer: Answer, body: dict[str, Any], faults: list[dict[str, Any]], address: KnownAddress, *, may_be_missing: bool
) -> WebkassaError:
    """Words without a code, or no words at all. The server's own words are kept, whoever the server is."""
    words = [body.get(name) for name in ("Title", "Detail", "Message")] + [fault.get("Text") for fault in faults]
    text = "; ".join(str(word) for word in words if word and not isinstance(word, dict | list))
    is_refusal = answer.status in _REFUSALS or (200 <= answer.status < 300 and bool(faults))
    if text and is_refusal and not answer.is_doubtful:
        # Nobody documents it, so it is asked for once and then a person's.
        code = answer.status if answer.status in _REFUSALS else None
        return UnknownVendorCode(text, code=code, response=body, retry_after=answer.retry_after)
    error = _foreign_error(answer, address, text or _first_words(answer.content), may_be_missing=may_be_missing)
    error.response = keep_evidence(answer)
    return error


def read_page(data: Any, cashbox: str, shift: int) -> tuple[list[dict[str, Any]], int | None]:
    """Returns the receipts of a page of a shift's history, and how many there are where it tells.

    A page that answers another question would say that a receipt is not there. Raises NotBelieved, WebkassaUnavailable.
    """
    try:
        items, total = read_items(data)
    except UnreadableAnswer as error:
        raise WebkassaUnavailable(f"the list has {error}", response={"Data": data}) from None
    for item in items:
        must_be_of(cashbox, item)
    if items and not any(item.get("ShiftNumber") in (None, shift) for item in items):
        told = f"the list is of shift {items[0].get('ShiftNumber')}, not of {shift}"
        raise NotBelieved(told, response={"Data": items[0]})
    return items, total


def read_item(item: dict[str, Any], judge: Judge) -> FiscalReceipt:
    """Returns the document a lookup shows, if it is the one asked for. Raises NotBelieved, WebkassaUnavailable."""
    try:
        document = read_history_item(item)
    except UnreadableAnswer as error:
        raise WebkassaUnavailable(f"the lookup's answer has {error}", response={"Data": item}) from None
    return refuse_foreign(document, judge, item)


def refuse_foreign(document: FiscalReceipt, judge: Judge, data: Any) -> FiscalReceipt:
    """Returns the document if nothing speaks against it. Raises NotBelieved."""
    doubt = judge(document)
    if doubt is not None:
        raise NotBelieved(doubt, response={"Data": data})
    return document


def doubt_earlier(error: AlreadyIssued, judge: Judge) -> WebkassaError:
    """Returns the error to act on: code 14 itself, or what speaks against the document that came with it."""
    document = find_earlier(error)
    doubt = None if document is None else judge(document)
    return error if doubt is None else NotBelieved(f"{error}; {doubt}", response=error.response)


def must_be_of(cashbox: str, data: dict[str, Any]) -> None:
    """Checks that an answer is of this register, as far as it names one at all. Raises NotBelieved."""
    others = {number for number in find_registers(data) if number.casefold() != cashbox.casefold()}
    if others:
        told = f"the answer is of {', '.join(sorted(others))}, not of {cashbox}"
        raise NotBelieved(told, response={"Data": data})


def find_earlier(error: AlreadyIssued) -> FiscalReceipt | None:
    """Returns the document that came with code 14, None where none did."""
    try:
        return read_check_data(error.response.get("Data") if isinstance(error.response, dict) else None)
    except UnreadableAnswer:
        return None


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


def _foreign_error(answer: Answer, address: KnownAddress, words: str, *, may_be_missing: bool) -> WebkassaError:
    """What an answer means that is not the register's own."""
    status, retry_after = answer.status, answer.retry_after
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
    if (status < 400 or status in (403, *_NO_SUCH_METHOD)) and address.is_known():
        # A gateway in the register's place, as with 503. Nothing says that it did not pass the call on, nor is its status a
        # code of the register, for which there would be a remedy.
        address.note_gateway(f"HTTP {status}: {words}")
        return OutcomeUnknown(told, retry_after=retry_after)
    if status == 403:
        return RegisterRefused(f"access is denied: {words}", code=status, retry_after=retry_after)
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
