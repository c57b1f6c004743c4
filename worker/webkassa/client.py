"""Calls Webkassa's methods, every failure as one of `errors`.

Nothing here repeats a check by itself, except with a fresh token (the register refused to look at the first) or on a spare
host (the first domain refused to serve); both send the same body, hence the same external number.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NoReturn
from urllib.parse import urlsplit

from redis import Redis

from shared.config import Settings
from shared.logging import get_logger
from shared.storage.db import dump_json
from shared.wire.answer import Answer
from worker.webkassa.answers import hide, read_answer
from worker.webkassa.call_watch import watch_call
from worker.webkassa.errors import (
    CashboxBusy,
    DomainUnavailable,
    LoginRefused,
    NotBelieved,
    NotFoundInShift,
    OutcomeUnknown,
    ReceiptRejected,
    SessionExpired,
    WebkassaError,
    WebkassaUnavailable,
    speaks_of_sequence,
)
from worker.webkassa.known_address import KnownAddress
from worker.webkassa.schemas import (
    FiscalReceipt,
    Shift,
    UnreadableAnswer,
    find_registers,
    read_check_data,
    read_history_item,
    read_items,
    read_shifts,
)
from worker.webkassa.session_token import SessionToken
from worker.webkassa.spare_hosts import choose_spares
from worker.webkassa.transport import Transport

log = get_logger(__name__)

TAKE = 50
MAX_PAGES = 200
# Another program may sign in between two of ours; a register that refuses every one of these is not well.
RENEWALS = 3

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


# Says why a document cannot be the one that was asked for; None where nothing speaks against it.
Judge = Callable[[FiscalReceipt], str | None]


def _believe_all(_: FiscalReceipt) -> str | None:
    return None


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
        self._api_token = credentials.api_token
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

    def drop_connections(self) -> None:
        """Lets no later call read from a connection that brought an answer to something else."""
        self._transport.drop_connections()

    @property
    def host(self) -> str:
        return urlsplit(self._base_url).netloc

    def authorize(self) -> str:
        """Logs in and returns a new session token. Raises LoginRefused, also without one in the answer; WebkassaError."""
        try:
            data = self._send_anywhere(_AUTHORIZE, {"Login": self._login, "Password": self._password})
        except SessionExpired as error:
            raise LoginRefused(error.text, code=error.code, response=error.response) from None
        except OutcomeUnknown as error:  # a login that may have happened changes nothing: no receipt was sent
            told = {"code": error.code, "retry_after": error.retry_after, "response": error.response}
            raise WebkassaUnavailable(f"no login: {error.text}", **told) from None
        token = data.get("Token") if isinstance(data, dict) else None
        if not token:
            raise LoginRefused("Webkassa gave no session token", response={"Data": data})
        return str(token)

    def sign_in(self) -> None:
        """Logs in now, whatever was refused a moment ago, for somebody who has mended it. Raises WebkassaError."""
        self._token.renew_at_once()

    def check(self, request: dict[str, Any], judge: Judge = _believe_all) -> tuple[FiscalReceipt, Any]:
        """Registers a receipt: returns the document, and the answer as it came. Raises WebkassaError.

        `judge` says why a document cannot be the one that was asked for; NotBelieved is raised then.
        """
        try:
            data = self._call(_CHECK, request)
        except CashboxBusy as error:
            names = [str(position.get("PositionName") or "") for position in request.get("Positions", ())]
            if speaks_of_sequence(error.text, names):
                raise
            raise ReceiptRejected(error.text, code=error.code, response=error.response) from None
        try:
            document = read_check_data(data)
        except UnreadableAnswer as error:
            raise OutcomeUnknown(f"the answer has {error}", response={"Data": data}) from None
        self._refuse_foreign(document, judge, data)
        return document, data

    def close_shift(self, cashbox: str) -> dict[str, Any]:
        """Sends the Z-report and returns it. Raises ShiftNotOpen when there was nothing to close."""
        return self._call_of(cashbox, _Z_REPORT, {"CashboxUniqueNumber": cashbox})

    def x_report(self, cashbox: str) -> dict[str, Any]:
        """Returns the open shift so far, or the last one, with its end. Raises ShiftNotOpen on a new cashbox."""
        return self._call_of(cashbox, _X_REPORT, {"CashboxUniqueNumber": cashbox})

    def money_operation(self, request: dict[str, Any]) -> dict[str, Any]:
        """Moves cash into or out of the drawer; `Sum` of the answer is what is in it. Raises AlreadyIssued on a repeat."""
        return self._call_of(request["CashboxUniqueNumber"], _MONEY, request)

    def find_ticket(
        self, cashbox: str, external_check_number: str, shift: int, judge: Judge = _believe_all
    ) -> FiscalReceipt | None:
        """Returns the receipt of that number in that shift, or None. `judge` as for `check`."""
        body = {"CashboxUniqueNumber": cashbox, "ExternalCheckNumber": external_check_number, "ShiftNumber": shift}
        try:
            data = self._call(_TICKET, body)
        except NotFoundInShift:
            return None
        return self._read_item(data, judge) if isinstance(data, dict) and data else None

    def find_in_history(
        self, cashbox: str, external_check_number: str, shift: int, judge: Judge = _believe_all
    ) -> FiscalReceipt | None:
        """Returns the same by the list of a shift's receipts, page by page."""
        for item in self._iterate_documents(cashbox, shift):
            if str(item.get("ExternalCheckNumber") or "").strip() == external_check_number:
                return self._read_item(item, judge)
        return None

    def _read_item(self, item: dict[str, Any], judge: Judge) -> FiscalReceipt:
        try:
            document = read_history_item(item)
        except UnreadableAnswer as error:
            raise WebkassaUnavailable(f"the lookup's answer has {error}", response={"Data": item}) from None
        self._refuse_foreign(document, judge, item)
        return document

    def _refuse_foreign(self, document: FiscalReceipt, judge: Judge, data: Any) -> None:
        doubt = judge(document)
        if doubt is not None:
            self._doubt(doubt, data)

    def list_documents(self, cashbox: str, shift: int) -> list[dict[str, Any]]:
        """Returns every receipt of a shift as Webkassa lists it, whoever issued it."""
        return list(self._iterate_documents(cashbox, shift))

    def _iterate_documents(self, cashbox: str, shift: int) -> Iterator[dict[str, Any]]:
        skip = 0
        for _ in range(MAX_PAGES):
            body = {"CashboxUniqueNumber": cashbox, "ShiftNumber": shift, "Skip": skip, "Take": TAKE}
            try:
                data = self._call(_CHECK_HISTORY, body)
            except NotFoundInShift:
                return
            items, total = self._read_page(data, cashbox, shift)
            yield from items
            skip += len(items)
            if not items or (total is not None and skip >= total) or (total is None and len(items) < TAKE):
                return

    def _read_page(self, data: Any, cashbox: str, shift: int) -> tuple[list[dict[str, Any]], int | None]:
        """A page that answers another question would say that a receipt is not there. Raises NotBelieved."""
        try:
            items, total = read_items(data)
        except UnreadableAnswer as error:
            raise WebkassaUnavailable(f"the list has {error}", response={"Data": data}) from None
        for item in items:
            self._must_be_of(cashbox, item)
        if items and not any(item.get("ShiftNumber") in (None, shift) for item in items):
            self._doubt(f"the list is of shift {items[0].get('ShiftNumber')}, not of {shift}", items[0])
        return items, total

    def list_newest_shifts(self, cashbox: str) -> list[Shift]:
        """Returns up to fifty of the newest shifts, newest first. The list of Webkassa starts with the oldest.

        By when they ended, since a register that is registered anew counts from 1 again.
        """
        body = {"CashboxUniqueNumber": cashbox, "Skip": 0, "Take": TAKE}
        try:
            shifts, total = read_shifts(self._call_of(cashbox, _SHIFT_HISTORY, body))
            if total > len(shifts):
                newest, _ = read_shifts(self._call_of(cashbox, _SHIFT_HISTORY, body | {"Skip": total - TAKE}))
                shifts += newest
        except NotFoundInShift:
            return []
        return sorted(set(shifts), key=_age_of, reverse=True)

    def list_cashboxes(self) -> list[dict[str, Any]]:
        """Returns every cashbox of the login. For set-up only: Webkassa asks not to call it as a routine."""
        data = _as_object(self._call(_CASHBOXES, {}))
        return [row for row in data.get("List") or [] if isinstance(row, dict)]

    def client_info(self, cashbox: str) -> dict[str, Any]:
        """Returns status and licence of a cashbox."""
        return _as_object(self._call(_CLIENT_INFO, {"CashboxUniqueNumber": cashbox}))

    def main_info(self, taxpayer_number: str) -> dict[str, Any]:
        """Returns the VAT regime of the organisation with that BIN or IIN."""
        return _as_object(self._call(_MAIN_INFO, {"Xin": taxpayer_number}))

    def _call_of(self, cashbox: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """`Data` of a method that tells of a register and not of a document. Raises NotBelieved for any other."""
        data = _as_object(self._call(path, body))
        self._must_be_of(cashbox, data)
        if data.get("CheckNumber"):
            self._doubt(f"the answer is the document {data['CheckNumber']}", data)
        return data

    def _must_be_of(self, cashbox: str, data: dict[str, Any]) -> None:
        """As far as it names a register at all."""
        others = {number for number in find_registers(data) if number.casefold() != cashbox.casefold()}
        if others:
            self._doubt(f"the answer is of {', '.join(sorted(others))}, not of {cashbox}", data)

    def _doubt(self, reason: str, data: Any) -> NoReturn:
        self.drop_connections()
        raise NotBelieved(reason, response={"Data": data})

    def _call(self, path: str, body: dict[str, Any]) -> Any:
        """`Data` of the answer. A refused session is renewed, the one just refused each time, and the body sent anew.

        The token another worker left in Redis is tried, not believed.
        """
        token = self._token.get()
        for _ in range(RENEWALS):
            try:
                return self._send_anywhere(path, {"Token": token, **body})
            except SessionExpired:
                token = self._token.renew(token, body.get("CashboxUniqueNumber"))
        try:
            return self._send_anywhere(path, {"Token": token, **body})
        except SessionExpired as error:
            text = f"{RENEWALS} fresh sessions are refused: {error.text}"
            raise SessionExpired(text, code=error.code, response=error.response) from None

    def _send_anywhere(self, path: str, body: dict[str, Any]) -> Any:
        """On the spare hosts too, when the domain says it cannot serve. Facts: https, comma-separated names."""
        try:
            with watch_call(path):
                return self._send(self._base_url, path, body)
        except DomainUnavailable as error:
            first = error
        for spare in choose_spares(self._base_url, first.alternatives):
            try:
                with watch_call(path):
                    return self._send(spare, path, body)
            except WebkassaUnavailable as error:
                log.warning("spare host is of no help", host=spare, error=error.text)
        raise first

    def _send(self, base_url: str, path: str, body: dict[str, Any]) -> Any:
        def read(answer: Answer) -> Any:
            return read_answer(answer, self._address, may_be_missing=path == _TICKET)

        try:
            return self._transport.post(base_url + path, dump_json(body).encode(), read)
        except WebkassaError as error:
            secrets = (self._password, self._api_token, str(body.get("Token") or ""))
            error.text, error.response = hide(error.text, secrets), hide(error.response, secrets)
            raise


def _age_of(shift: Shift) -> tuple[bool, datetime, int]:
    """For the order of shifts. One whose end cannot be read may be any, so it is among the first to be asked."""
    return shift.is_open, shift.closed_at or datetime.max.replace(tzinfo=UTC), shift.number


def _as_object(data: Any) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}
