"""Calls Webkassa's methods, every failure as one of `errors`.

Nothing here repeats a check by itself, except with a fresh token (the register refused to look at the first) or on a spare
host (the first domain refused to serve); both send the same body, hence the same external number.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

from redis import Redis

from shared.config import Settings
from shared.logging import get_logger
from shared.storage.db import dump_json
from shared.storage.sealing import list_keys
from shared.storage.token_seal import TokenSeal
from shared.wire.answer import Answer
from shared.wire.calls import NO_HEADERS
from worker.receipt.paper import PrintLine, read_print_lines
from worker.webkassa.answers import (
    Judge,
    doubt_earlier,
    hide,
    must_be_of,
    read_answer,
    read_item,
    read_page,
    refuse_foreign,
)
from worker.webkassa.call_watch import watch_call
from worker.webkassa.errors import (
    AlreadyIssued,
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
    read_check_data,
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
_PRINT = "/api/v4/Ticket/PrintFormat"
_TICKET = "/api-history/v4/Ticket/GetTicketByExternalCheckNumber"
_CLIENT_INFO = "/api-portal/v4/cashbox/client-info"
_MAIN_INFO = "/api-portal/v4/organization/main-info"


T = TypeVar("T")


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

    def __init__(self, settings: Settings, redis: Redis, credentials: Credentials, *, pool_size: int = 128) -> None:
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
            # Without a key of its own the environment still has Webkassa's.
            TokenSeal([*list_keys(settings), self._api_token][0], self._base_url, self._login, self._password),
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
            data = self._send_anywhere(
                _AUTHORIZE, {"Login": self._login, "Password": self._password}, self._read, NO_HEADERS
            )
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

    def check(
        self, request: dict[str, Any], judge: Judge = _believe_all, judge_earlier: Judge = _believe_all
    ) -> tuple[FiscalReceipt, Any]:
        """Registers a receipt: returns the document, and the answer as it came. Raises WebkassaError.

        `judge` says why a document cannot be the one just made of the request; `judge_earlier` why that of code 14 cannot be
        one made of it at some time. NotBelieved is raised then.
        """

        def read(answer: Answer) -> tuple[FiscalReceipt, Any]:
            try:
                data = self._read(answer)
            except AlreadyIssued as error:
                raise doubt_earlier(error, judge_earlier) from None
            try:
                document = read_check_data(data)
            except UnreadableAnswer as error:
                raise OutcomeUnknown(f"the answer has {error}", response={"Data": data}) from None
            return refuse_foreign(document, judge, data), data

        try:
            return self._call(_CHECK, request, read)
        except CashboxBusy as error:
            names = [str(position.get("PositionName") or "") for position in request.get("Positions", ())]
            if speaks_of_sequence(error.text, names):
                raise
            raise ReceiptRejected(error.text, code=error.code, response=error.response) from None

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

        def read(answer: Answer) -> FiscalReceipt | None:
            data = read_answer(answer, self._address, may_be_missing=True)
            return read_item(data, judge) if isinstance(data, dict) and data else None

        body = {"CashboxUniqueNumber": cashbox, "ExternalCheckNumber": external_check_number, "ShiftNumber": shift}
        try:
            return self._call(_TICKET, body, read)
        except NotFoundInShift:
            return None

    def find_in_history(
        self, cashbox: str, external_check_number: str, shift: int, judge: Judge = _believe_all
    ) -> FiscalReceipt | None:
        """Returns the same by the list of a shift's receipts, page by page."""

        def find(item: dict[str, Any]) -> FiscalReceipt | None:
            is_ours = str(item.get("ExternalCheckNumber") or "").strip() == external_check_number
            return read_item(item, judge) if is_ours else None

        return next(filter(None, self._iterate_documents(cashbox, shift, find)), None)

    def list_documents(self, cashbox: str, shift: int) -> list[dict[str, Any]]:
        """Returns every receipt of a shift as Webkassa lists it, whoever issued it."""
        return list(self._iterate_documents(cashbox, shift, lambda item: item))

    def _iterate_documents(self, cashbox: str, shift: int, read_one: Callable[[dict[str, Any]], T]) -> Iterator[T]:
        def read(answer: Answer) -> tuple[list[T], int | None]:
            items, total = read_page(self._read(answer), cashbox, shift)
            return [read_one(item) for item in items], total

        skip = 0
        for _ in range(MAX_PAGES):
            body = {"CashboxUniqueNumber": cashbox, "ShiftNumber": shift, "Skip": skip, "Take": TAKE}
            try:
                items, total = self._call(_CHECK_HISTORY, body, read)
            except NotFoundInShift:
                return
            yield from items
            skip += len(items)
            if not items or (total is not None and skip >= total) or (total is None and len(items) < TAKE):
                return

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

    def print_layout(
        self, cashbox: str, external_check_number: str, paper_kind: int, languages: tuple[str, ...]
    ) -> tuple[PrintLine, ...]:
        """Returns the lines that Webkassa prints of a receipt; none where it does not know it.

        `paper_kind`: 0 = 80 mm, 3 = 57 or 58 mm, 12 = A4. `languages`: up to two such as ru-RU, else Kazakh and Russian.
        """

        def read(answer: Answer) -> tuple[PrintLine, ...]:
            data = read_answer(answer, self._address, may_be_missing=True)
            return read_print_lines(data.get("Lines")) if isinstance(data, dict) else ()

        body = {"CashboxUniqueNumber": cashbox, "ExternalCheckNumber": external_check_number, "PaperKind": paper_kind}
        headers = dict(zip(("Accept-Language", "Secondary-Language"), languages, strict=False))
        try:
            return self._call(_PRINT, body, read, headers)
        except NotFoundInShift:
            return ()

    def list_cashboxes(self) -> list[dict[str, Any]]:
        """Returns every cashbox of the login. For set-up only: Webkassa asks not to call it as a routine."""
        data = _as_object(self._call(_CASHBOXES, {}, self._read))
        return [row for row in data.get("List") or [] if isinstance(row, dict)]

    def client_info(self, cashbox: str) -> dict[str, Any]:
        """Returns status and licence of a cashbox."""
        return _as_object(self._call(_CLIENT_INFO, {"CashboxUniqueNumber": cashbox}, self._read))

    def main_info(self, taxpayer_number: str) -> dict[str, Any]:
        """Returns the VAT regime of the organisation with that BIN or IIN."""
        return _as_object(self._call(_MAIN_INFO, {"Xin": taxpayer_number}, self._read))

    def _call_of(self, cashbox: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """`Data` of a method that tells of a register and not of a document. Raises NotBelieved for any other."""

        def read(answer: Answer) -> dict[str, Any]:
            data = _as_object(self._read(answer))
            must_be_of(cashbox, data)
            if data.get("CheckNumber"):
                raise NotBelieved(f"the answer is the document {data['CheckNumber']}", response={"Data": data})
            return data

        return self._call(path, body, read)

    def _read(self, answer: Answer) -> Any:
        return read_answer(answer, self._address)

    def _call(
        self, path: str, body: dict[str, Any], read: Callable[[Answer], T], headers: Mapping[str, str] = NO_HEADERS
    ) -> T:
        """What `read` makes of the answer. A refused session is renewed, the one just refused each time, and the body sent
        anew.

        The token another worker left in Redis is tried, not believed.
        """
        token = self._token.get()
        for _ in range(RENEWALS):
            try:
                return self._send_anywhere(path, {"Token": token, **body}, read, headers)
            except SessionExpired:
                token = self._token.renew(token, body.get("CashboxUniqueNumber"))
        try:
            return self._send_anywhere(path, {"Token": token, **body}, read, headers)
        except SessionExpired as error:
            text = f"{RENEWALS} fresh sessions are refused: {error.text}"
            raise SessionExpired(text, code=error.code, response=error.response) from None

    def _send_anywhere(self, path: str, body: dict[str, Any], read: Callable[[Answer], T], headers: Mapping[str, str]) -> T:
        """On the spare hosts too, when the domain says it cannot serve. Facts: https, comma-separated names."""
        try:
            with watch_call(path):
                return self._send(self._base_url, path, body, read, headers)
        except DomainUnavailable as error:
            first = error
        for spare in choose_spares(self._base_url, first.alternatives):
            try:
                with watch_call(path):
                    return self._send(spare, path, body, read, headers)
            except WebkassaUnavailable as error:
                log.warning("spare host is of no help", host=spare, error=error.text)
        raise first

    def _send(
        self,
        base_url: str,
        path: str,
        body: dict[str, Any],
        read: Callable[[Answer], T],
        headers: Mapping[str, str] = NO_HEADERS,
    ) -> T:
        """An answer is judged while its connection is still ours: one that is another request's ends it."""
        try:
            return self._transport.post(base_url + path, dump_json(body).encode(), read, headers)
        except WebkassaError as error:
            secrets = (self._password, self._api_token, str(body.get("Token") or ""))
            error.text, error.response = hide(error.text, secrets), hide(error.response, secrets)
            raise


def _age_of(shift: Shift) -> tuple[bool, datetime, int]:
    """For the order of shifts. One whose end cannot be read may be any, so it is among the first to be asked."""
    return shift.is_open, shift.closed_at or datetime.max.replace(tzinfo=UTC), shift.number


def _as_object(data: Any) -> dict[str, Any]:
    return data if isinstance(data, dict) else {}
