"""Asks Altegio over REST: to see for itself what a webhook claims, and what no webhook told. Writes where a salon wants it.

Nothing here repeats a request: who asked knows how long it may wait, and waits in the database.
Paths and fields are those of Altegio's Business Management API v1.
"""

import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from redis import Redis

from shared.clock import ALMATY
from shared.config import Settings
from worker.altegio.errors import (
    AltegioRefused,
    AltegioUnavailable,
    NotFound,
    OutcomeUnknown,
    find_error,
    says_nothing_found,
)
from worker.altegio.limits import PATIENCE_SECONDS, WINDOWS, RateLimiter, Window
from worker.altegio.schemas import read_accounts
from worker.altegio.transport import Answer, Transport, read_tokens

# More payments than any one document has; a page of Altegio's own choice may be shorter.
_PAYMENTS_OF_A_DOCUMENT = 200
_ACCOUNTS_KEPT_SECONDS = 600.0
_NO_CONTENT = 204

_SEE_APPOINTMENTS = "see the appointment calendar"
_SEE_FINANCES = "see finances"
_SEE_SALES = "see sales and their payments"
_EDIT_APPOINTMENTS = "edit the appointments of others"
_ADD_TRANSACTIONS = "add financial transactions"
_SEE_SETTINGS = "see the settings of the location"


def is_configured(settings: Settings) -> bool:
    """Says whether there are tokens to ask with; without them the service works from webhooks alone."""
    return all(read_tokens(settings))


class AltegioClient:
    """Asks Altegio's REST API, within its limits. Safe to share between threads. Every method raises AltegioError.

    `background` is for what no webhook waits for: it gets what the others leave of Altegio's limits, half of them at most.
    A call that would have to wait longer than `patience` seconds for its turn fails with the time left as `retry_after`.
    """

    def __init__(
        self,
        settings: Settings,
        redis: Redis,
        *,
        pool_size: int = 16,
        windows: Sequence[Window] = WINDOWS,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._transport = Transport(settings, pool_size=pool_size)
        self._limiter = RateLimiter(redis, urlsplit(settings.altegio_api_url).netloc, windows)
        self._patience = patience
        self._accounts: dict[int, tuple[float, dict[int, bool]]] = {}
        self._accounts_lock = threading.Lock()

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    def get_record(self, company_id: int, record_id: int, *, background: bool = False) -> dict[str, Any]:
        """Returns a record, as `data` of a `record` webhook has it, with `finance_transactions`. Raises NotFound."""
        path = f"/record/{company_id}/{record_id}"
        query = {"include_finance_transactions": 1}
        record = self._get_object(path, query, right=_SEE_APPOINTMENTS, background=background)
        self._check_record(f"GET {path}", record, record_id)
        return record

    def get_whole_record(self, company_id: int, record_id: int, *, background: bool = False) -> dict[str, Any]:
        """Returns a record that may be sent back as it is. Raises NotFound; AltegioRefused for one that we cannot repeat."""
        path = f"/record/{company_id}/{record_id}"
        answer = self._ask(path, {}, right=_SEE_APPOINTMENTS, background=background)
        record = answer.body.get("data")
        if not isinstance(record, dict):
            raise AltegioUnavailable(f"GET {path}: the answer holds no object")
        self._check_record(f"GET {path}", record, record_id)
        if not answer.is_as_it_came:
            raise AltegioRefused(f"GET {path}: the record has letters or lengths that cannot be sent back as they are")
        return record

    def replace_record(
        self, company_id: int, record_id: int, record: Mapping[str, Any], *, not_after: float, background: bool = False
    ) -> dict[str, Any]:
        """Replaces a record as a whole and returns it as it is then. Raises NotFound, OutcomeUnknown.

        There is no condition that could be sent along: whoever changes the record between our reading and this loses it.
        `not_after`, by `time.monotonic`: what was held up until then does not leave any more.
        """
        path = f"/record/{company_id}/{record_id}"
        saved = self._change("PUT", path, record, not_after, right=_EDIT_APPOINTMENTS, background=background)
        if not isinstance(saved, dict) or str(saved.get("id")) != str(record_id):
            raise OutcomeUnknown(f"PUT {path}: the answer holds no such record")
        return saved

    def add_transaction(
        self, company_id: int, transaction: Mapping[str, Any], *, not_after: float, background: bool = False
    ) -> int:
        """Books money and returns the number of the operation. Raises OutcomeUnknown. `not_after`: as above."""
        path = f"/finance_transactions/{company_id}"
        saved = self._change("POST", path, transaction, not_after, right=_ADD_TRANSACTIONS, background=background)
        number = str(saved.get("id") or "") if isinstance(saved, dict) else ""
        if not number.isdecimal():
            raise OutcomeUnknown(f"POST {path}: the answer holds no number")
        return int(number)

    def delete_transaction(self, company_id: int, operation_id: int, *, not_after: float) -> None:
        """Deletes an operation; one that is gone already is as good. Raises OutcomeUnknown."""
        path = f"/finance_transactions/{company_id}/{operation_id}"
        try:
            self._change("DELETE", path, {}, not_after, right=_ADD_TRANSACTIONS, background=True)
        except NotFound:
            return
        except OutcomeUnknown as error:
            # Some deletions are answered without a word.
            if error.status != _NO_CONTENT:
                raise

    def list_account_rows(self, company_id: int, *, background: bool = False) -> list[dict[str, Any]]:
        """Returns the accounts as Altegio has them: `id`, `title`, `type`."""
        return self._get_list(f"/accounts/{company_id}", {}, right=_SEE_FINANCES, background=background)

    def list_changed_records(
        self, company_id: int, since: datetime, *, page: int = 1, count: int = 100, background: bool = False
    ) -> list[dict[str, Any]]:
        """Returns a page of the records changed since, deleted ones too, as `get_record` has them. The last is not full."""
        query = {"with_deleted": 1, "include_finance_transactions": 1} | _page_of_changes(since, page, count)
        return self._get_list(f"/records/{company_id}", query, right=_SEE_APPOINTMENTS, background=background)

    def list_payments(
        self,
        company_id: int,
        *,
        record_id: int | None = None,
        visit_id: int | None = None,
        document_id: int | None = None,
        background: bool = False,
    ) -> list[dict[str, Any]]:
        """Returns the movements of money of a document, else of a record or visit, for `schemas.read_payments`."""
        wanted = {"record_id": record_id, "visit_id": visit_id, "document_id": document_id}
        named = {name: value for name, value in wanted.items() if value is not None}
        if document_id is not None:
            path = f"/transactions/{company_id}"
            query = {"document_id": document_id, "page": 1, "count": _PAYMENTS_OF_A_DOCUMENT}
        elif named:
            path, query = f"/timetable/transactions/{company_id}", named
        else:
            raise ValueError("a record, a visit or a document must be named")
        rows = self._get_list(path, query, right=_SEE_FINANCES, background=background)
        return [row for row in rows if _matches(row, named)]

    def list_transactions_changed(
        self,
        company_id: int,
        since: datetime,
        *,
        page: int = 1,
        count: int = 100,
        deleted: bool = False,
        background: bool = False,
    ) -> list[dict[str, Any]]:
        """Returns a page of the movements of money changed since, for `schemas.read_payments`. The last page is not full.

        Without `deleted` what was deleted is not among them. Whether it comes alone or among the others is not documented.
        """
        query = _page_of_changes(since, page, count) | ({"deleted": 1} if deleted else {})
        return self._get_list(f"/transactions/{company_id}", query, right=_SEE_FINANCES, background=background)

    def get_sale(self, company_id: int, document_id: int, *, background: bool = False) -> dict[str, Any]:
        """Returns `state` of a sale document: items, payments, loyalty. Raises NotFound."""
        path = f"/company/{company_id}/sale/{document_id}"
        state = self._get_object(path, {}, right=_SEE_SALES, background=background).get("state")
        if not isinstance(state, dict):
            raise AltegioUnavailable(f"GET {path}: the answer has no state")
        return state

    def get_visit_details(self, company_id: int, record_id: int, visit_id: int) -> dict[str, Any]:
        """Returns the check-out view of a record: payments, loyalty, items. Raises NotFound."""
        path = f"/visit/details/{company_id}/{record_id}/{visit_id}"
        return self._get_object(path, {}, right=_SEE_APPOINTMENTS)

    def list_records_of_visit(self, visit_id: int) -> list[dict[str, Any]]:
        """Returns all records of a visit, as `get_record` has them without payments. Raises NotFound."""
        path = f"/visits/{visit_id}"
        records = self._get_object(path, {}, right=_SEE_APPOINTMENTS).get("records")
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise AltegioUnavailable(f"GET {path}: the answer has no records")
        return records

    def list_accounts(self, company_id: int, *, background: bool = False) -> dict[int, bool]:
        """Returns account id -> whether it holds cash; asked once in ten minutes, as salons hardly ever change accounts."""
        now = time.monotonic()
        with self._accounts_lock:
            kept_until, accounts = self._accounts.get(company_id, (now, {}))
        if now < kept_until:
            return accounts
        rows = self._get_list(f"/accounts/{company_id}", {}, right=_SEE_FINANCES, background=background)
        accounts = read_accounts(rows)
        with self._accounts_lock:
            self._accounts[company_id] = (now + _ACCOUNTS_KEPT_SECONDS, accounts)
        return accounts

    def get_hook_settings(self, company_id: int) -> dict[str, Any]:
        """Returns the webhook settings of a salon: `urls`, `active`, and a flag for each resource."""
        return self._get_object(f"/hooks_settings/{company_id}", {}, right=_SEE_SETTINGS, background=True)

    def _get_object(
        self, path: str, query: Mapping[str, str | int], *, right: str, background: bool = False
    ) -> dict[str, Any]:
        data = self._get(path, query, right=right, background=background)
        if not isinstance(data, dict):
            raise AltegioUnavailable(f"GET {path}: the answer holds no object")
        return data

    def _get_list(
        self, path: str, query: Mapping[str, str | int], *, right: str, background: bool = False
    ) -> list[dict[str, Any]]:
        try:
            data = self._get(path, query, right=right, background=background)
        except AltegioRefused as error:
            if not says_nothing_found(error):
                raise
            return []
        # PHP sends a list with gaps as an object with numbered keys, and nothing at all as null.
        rows: Iterable[Any] = data.values() if isinstance(data, dict) else data or []
        if not isinstance(data, list | dict | None) or not all(isinstance(row, dict) for row in rows):
            raise AltegioUnavailable(f"GET {path}: the answer holds no list of objects")
        return list(rows)

    def _get(self, path: str, query: Mapping[str, str | int], *, right: str, background: bool) -> Any:
        """`data` of the answer."""
        return self._ask(path, query, right=right, background=background).body.get("data")

    def _ask(self, path: str, query: Mapping[str, str | int], *, right: str, background: bool) -> Answer:
        call = f"GET {path}"
        self._limiter.acquire(background=background, patience=self._patience)
        answer = self._transport.get(path, query, call=call)
        self._refuse(answer, call, right)
        return answer

    def _change(
        self, method: str, path: str, body: Mapping[str, Any], not_after: float, *, right: str, background: bool
    ) -> Any:
        """`data` of the answer. A worker that was frozen must not send what another has done meanwhile."""
        call = f"{method} {path}"
        self._limiter.acquire(background=background, patience=self._patience)
        if time.monotonic() > not_after:
            raise AltegioUnavailable(f"{call}: held up for too long, not sent")
        answer = self._transport.send(method, path, body, call=call)
        self._refuse(answer, call, right)
        return answer.body.get("data")

    def _check_record(self, call: str, record: dict[str, Any], record_id: int) -> None:
        if str(record.get("id")) != str(record_id):
            self._transport.distrust()
            raise AltegioUnavailable(f"{call}: another record was answered")

    def _refuse(self, answer: Answer, call: str, right: str) -> None:
        """Raises the error that the answer is."""
        if answer.status == 429:
            self._limiter.pause(answer.retry_after)
        error = find_error(
            answer.status,
            answer.body,
            call=call,
            right=right,
            retry_after=answer.retry_after,
            secrets=self._transport.secrets,
        )
        if error is not None:
            raise error


def _page_of_changes(since: datetime, page: int, count: int) -> dict[str, str | int]:
    """`changed_after` as documented: a wall clock without its zone, taken to be the salon's."""
    return {"changed_after": f"{since.astimezone(ALMATY):%Y-%m-%dT%H:%M:%S}", "page": page, "count": count}


def _matches(row: dict[str, Any], named: Mapping[str, int]) -> bool:
    """Whether a row is of what was asked for, so far as it says; a filter that is ignored must not mix up two sales."""
    return all(name not in row or str(row[name]) == str(value) for name, value in named.items())
