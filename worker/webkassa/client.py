"""Calls Webkassa's methods, every failure as one of `errors`.

Nothing here repeats a check by itself, except with a fresh token (the register refused to look at the first) or on a spare
host (the first domain refused to serve); both send the same body, hence the same external number.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar
from urllib.parse import urlsplit

from redis import Redis

from shared.config import Settings
from shared.logging import get_logger
from shared.storage.db import dump_json
from shared.wire.answer import Answer
from worker.webkassa.answers import read_answer
from worker.webkassa.call_watch import watch_call
from worker.webkassa.errors import (
    DomainUnavailable,
    LoginRefused,
    NotFoundInShift,
    OutcomeUnknown,
    SessionExpired,
    WebkassaUnavailable,
)
from worker.webkassa.known_address import KnownAddress
from worker.webkassa.schemas import (
    FiscalReceipt,
    Shift,
    UnreadableAnswer,
    read_check_data,
    read_history_item,
    read_items,
    read_shifts,
)
from worker.webkassa.session_token import SessionToken
from worker.webkassa.spare_hosts import choose_spares
from worker.webkassa.transport import Transport

log = get_logger(__name__)

T = TypeVar("T")

TAKE = 50
MAX_PAGES = 200

_AUTHORIZE = "/api/v4/Authorize"
_CHECK = "/api/v4/check"
_Z_REPORT = "/api/v4/ZReport"
_X_REPORT = "/api/v4/XReport"
_MONEY = "/api/v4/MoneyOperation"
_CASHBOXES = "/api/v4/Cashboxes"
_SHIFT_HISTORY = "/api/v4/Cashbox/ShiftHistory"
_CHECK_HISTORY = "/api/v4/Check/History"
_TICKET = "/api-history/v4/Ticket/GetTicketByExternalCheckNumber"
_CLIENT_INFO = "/api-portal/v4/cashbox/client-info"
_MAIN_INFO = "/api-portal/v4/organization/main-info"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Holds a cashier's login and password, and the x-api-key of the integration; never printed."""

    login: str
    password: str = field(repr=False)
    api_token: str = field(repr=False)


class WebkassaClient:
    """Calls Webkassa with one set of credentials. Safe to share between threads.

    That a cashbox gets one call at a time is the caller's duty, by a claim on it.
    """

    def __init__(self, settings: Settings, redis: Redis, credentials: Credentials, *, pool_size: int = 16) -> None:
        self._base_url = settings.webkassa_api_url
        self._login = credentials.login
        self._password = credentials.password
        self._transport = Transport(
            credentials.api_token,
            connect_timeout=settings.webkassa_connect_timeout,
            read_timeout=settings.webkassa_read_timeout,
            pool_size=pool_size,
        )
        self._address = KnownAddress(redis, self._base_url, credentials.api_token)
        self._token = SessionToken(
            redis,
            self._base_url,
            self._login,
            self._password,
            self.authorize,
            renewal_seconds=settings.webkassa_connect_timeout + settings.webkassa_read_timeout + 1,
        )

    def close(self) -> None:
        self._transport.close()

    @property
    def host(self) -> str:
        return urlsplit(self._base_url).netloc

    def authorize(self) -> str:
        """Logs in and returns a new session token. Raises LoginRefused, also without one in the answer; WebkassaError."""
        try:
            credentials = {"Login": self._login, "Password": self._password}
            token = self._send_anywhere(_AUTHORIZE, credentials, lambda data: _as_object(data).get("Token"))
        except SessionExpired as error:
            raise LoginRefused(error.text, code=error.code) from None
        except OutcomeUnknown as error:  # a login that may have happened changes nothing: no receipt was sent
            raise WebkassaUnavailable(f"no login: {error.text}", code=error.code, retry_after=error.retry_after) from None
        if not token:
            raise LoginRefused("Webkassa gave no session token")
        return str(token)

    def sign_in(self) -> None:
        """Logs in now, whatever was refused a moment ago, for somebody who has mended it. Raises WebkassaError."""
        self._token.renew_at_once()

    def check(self, request: dict[str, Any]) -> tuple[FiscalReceipt, Any]:
        """Registers a receipt: returns the document, and the answer as it came. Raises WebkassaError."""
        return self._call(_CHECK, request, lambda data: (_read_document(data), data))

    def close_shift(self, cashbox: str) -> dict[str, Any]:
        """Sends the Z-report and returns it. Raises ShiftNotOpen when there was nothing to close."""
        return self._call(_Z_REPORT, {"CashboxUniqueNumber": cashbox}, _as_object)

    def x_report(self, cashbox: str) -> dict[str, Any]:
        """Returns the open shift so far, or the last one, with its end. Raises ShiftNotOpen on a new cashbox."""
        return self._call(_X_REPORT, {"CashboxUniqueNumber": cashbox}, _as_object)

    def money_operation(self, request: dict[str, Any]) -> dict[str, Any]:
        """Moves cash into or out of the drawer; `Sum` of the answer is what is in it. Raises AlreadyIssued on a repeat."""
        return self._call(_MONEY, request, _as_object)

    def find_ticket(self, cashbox: str, external_check_number: str, shift: int) -> FiscalReceipt | None:
        """Returns the receipt of that number in that shift, or None."""
        body = {"CashboxUniqueNumber": cashbox, "ExternalCheckNumber": external_check_number, "ShiftNumber": shift}
        try:
            return self._call(_TICKET, body, lambda data: _read_ticket(data, external_check_number))
        except NotFoundInShift:
            return None

    def find_in_history(self, cashbox: str, external_check_number: str, shift: int) -> FiscalReceipt | None:
        """Returns the same by the list of a shift's receipts, page by page."""
        for item in self._iterate_documents(cashbox, shift):
            if item.get("ExternalCheckNumber") == external_check_number:
                return _read_item(item)
        return None

    def list_documents(self, cashbox: str, shift: int) -> list[dict[str, Any]]:
        """Returns every receipt of a shift as Webkassa lists it, whoever issued it."""
        return list(self._iterate_documents(cashbox, shift))

    def _iterate_documents(self, cashbox: str, shift: int) -> Iterator[dict[str, Any]]:
        skip = 0
        for _ in range(MAX_PAGES):
            body = {"CashboxUniqueNumber": cashbox, "ShiftNumber": shift, "Skip": skip, "Take": TAKE}
            try:
                items, total = self._call(_CHECK_HISTORY, body, read_items)
            except NotFoundInShift:
                return
            yield from items
            skip += len(items)
            if not items or (total is not None and skip >= total) or (total is None and len(items) < TAKE):
                return

    def list_newest_shifts(self, cashbox: str) -> list[Shift]:
        """Returns up to fifty of the newest shifts, newest first. The list of Webkassa starts with the oldest."""
        body = {"CashboxUniqueNumber": cashbox, "Skip": 0, "Take": TAKE}
        try:
            shifts, total = self._call(_SHIFT_HISTORY, body, read_shifts)
            if total > len(shifts):
                newest, _ = self._call(_SHIFT_HISTORY, body | {"Skip": total - TAKE}, read_shifts)
                shifts += newest
        except NotFoundInShift:
            return []
        return sorted(set(shifts), key=lambda shift: shift.number, reverse=True)

    def list_cashboxes(self) -> list[dict[str, Any]]:
        """Returns every cashbox of the login. For set-up only: Webkassa asks not to call it as a routine."""
        data = self._call(_CASHBOXES, {}, _as_object)
        return [row for row in data.get("List") or [] if isinstance(row, dict)]

    def client_info(self, cashbox: str) -> dict[str, Any]:
        """Returns status and licence of a cashbox."""
        return self._call(_CLIENT_INFO, {"CashboxUniqueNumber": cashbox}, _as_object)

    def main_info(self, taxpayer_number: str) -> dict[str, Any]:
        """Returns the VAT regime of the organisation with that BIN or IIN."""
        return self._call(_MAIN_INFO, {"Xin": taxpayer_number}, _as_object)

    def _call(self, path: str, body: dict[str, Any], read: Callable[[Any], T]) -> T:
        """What `read` makes of `Data` of the answer. With an expired session: one new login, the same body once more."""
        token = self._token.get()
        try:
            return self._send_anywhere(path, {"Token": token, **body}, read)
        except SessionExpired:
            token = self._token.renew(token)
        try:
            return self._send_anywhere(path, {"Token": token, **body}, read)
        except SessionExpired as error:
            raise SessionExpired(f"a fresh session is refused: {error.text}", code=error.code) from None

    def _send_anywhere(self, path: str, body: dict[str, Any], read: Callable[[Any], T]) -> T:
        """On the spare hosts too, when the domain says it cannot serve. Facts: https, comma-separated names."""
        try:
            with watch_call(path):
                return self._send(self._base_url, path, body, read)
        except DomainUnavailable as error:
            first = error
        for spare in choose_spares(self._base_url, first.alternatives):
            try:
                with watch_call(path):
                    return self._send(spare, path, body, read)
            except WebkassaUnavailable as error:
                log.warning("spare host is of no help", host=spare, error=error.text)
        raise first

    def _send(self, base_url: str, path: str, body: dict[str, Any], read: Callable[[Any], T]) -> T:
        """`read` may say that it is not this call's answer, by OutcomeUnknown; the connection is not used again then."""
        may_be_missing = path == _TICKET

        def read_all(answer: Answer) -> T:
            return read(read_answer(answer, self._address, may_be_missing=may_be_missing))

        return self._transport.post(base_url + path, dump_json(body).encode(), read_all)


def _read_document(data: Any) -> FiscalReceipt:
    try:
        return read_check_data(data)
    except UnreadableAnswer as error:
        raise OutcomeUnknown(f"the answer has {error}", response=data) from None


def _read_ticket(data: Any, external_check_number: str) -> FiscalReceipt | None:
    if not isinstance(data, dict) or data.get("ExternalCheckNumber") not in (None, external_check_number):
        return None
    return _read_item(data) if data else None


def _read_item(item: dict[str, Any]) -> FiscalReceipt:
    try:
        return read_history_item(item)
    except UnreadableAnswer as error:
        raise WebkassaUnavailable(f"the lookup's answer has {error}") from None


def _as_object(data: Any) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}
