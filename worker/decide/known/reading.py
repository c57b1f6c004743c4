"""How Altegio is asked about a sale: which of its lists, in which order, and what is made of those that contradict.

Raises AltegioError and ValueError as `known.facts` says. A right that is missing makes a list unread, never empty.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from shared.altegio import FinanceOperation, GoodsOperation, Record
from shared.fiscal.ledger import Cost
from shared.fiscal.money import ZERO
from shared.fiscal.statuses import NoMoney
from shared.logging import get_logger
from shared.storage.db import SessionFactory
from worker.alerts import send_alert
from worker.altegio.client import AltegioClient
from worker.altegio.errors import AltegioRefused, NoRights, NotFound
from worker.altegio.loyalty import Loyalty, read_loyalty
from worker.altegio.schemas import find_owner, list_own_rows, read_payments, read_sale_items
from worker.decide.operations import is_outgo, is_top_up
from worker.decide.settlement.advances import build_advance
from worker.receipt.lines import CannotBuild, price_record

log = get_logger(__name__)

Payments = tuple[FinanceOperation, ...]
# Altegio's documents: of a visit, and of the materials it used.
_OF_VISIT, _WRITE_OFF = "7", "8"
# No salon at work goes so long without a change.
_LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class ReadSale:
    """A sale document as Altegio has it. `owner`: the record it belongs to, if it is a visit's."""

    goods: tuple[GoodsOperation, ...] | None
    payments: Payments
    spent: tuple[Loyalty, ...]
    owner: int | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Asks for the sales of one salon."""

    sessions: SessionFactory
    client: AltegioClient
    company_id: int

    def get_record(self, record_id: int) -> dict[str, Any]:
        return self.client.get_record(self.company_id, record_id)

    def is_shown_others(self, record_id: int, now: datetime) -> bool:
        """Whether another record can be read where this one is denied. False where there is none to try it with."""
        try:
            rows = self.client.list_changed_records(self.company_id, now - _LATELY, count=2)
            other = next((row["id"] for row in rows if row.get("id") not in (None, record_id)), None)
            if other is not None:
                self.get_record(other)
        except (NoRights, AltegioRefused, NotFound):
            return False
        return other is not None

    def read_embedded(self, data: dict[str, Any], record_id: int) -> Payments | None:
        """The payments that come with a record: none missing, where they add up to it. None where there is no such list."""
        embedded = data.get("finance_transactions")
        if not isinstance(embedded, list):
            return None
        rows = [row for row in embedded if isinstance(row, dict) and row.get("record_id") in (None, 0, record_id)]
        return self._resolve_accounts([row if row.get("visit_id") else {**row, "record_id": record_id} for row in rows])

    def read_ledger(self, *, record_id: int | None = None, visit_id: int | None = None) -> Payments | None:
        """None without the right to read it, which goes apart from that to records."""
        try:
            rows = self.client.list_payments(self.company_id, record_id=record_id, visit_id=visit_id)
        except (NoRights, AltegioRefused, NotFound) as error:
            self.tell_rights(error)
            return None
        return self._resolve_accounts(rows)

    def read_ledger_of_visit(
        self, record_id: int, record: Record, embedded: Payments | None
    ) -> tuple[Payments | None, int | None]:
        """The payments of the whole visit, and its number: one of them may be for several records. Those beside the record
        are among them, though Altegio's list may leave out what names no visit.
        """
        own = embedded if embedded is not None or not record.visit_id else self.read_ledger(record_id=record_id)
        told = self.read_ledger(visit_id=record.visit_id) if record.visit_id else self.read_ledger(record_id=record_id)
        if told is None:
            # Where the ledger is closed to us, an empty list beside the record may be closed as well.
            return own or None, None
        by_id = {payment.id: payment for payment in (*(own or ()), *told)}
        return tuple(by_id.values()), record.visit_id

    def read_document_of_visit(
        self, record_id: int, record: Record, data: dict[str, Any], payments: Payments
    ) -> tuple[Payments, tuple[Loyalty, ...] | None]:
        """What paid and is no money; and the kinds of accounts that no other list tells."""
        if is_explained(record, payments) or not (payments or record.is_paid):
            return payments, None
        state = self._find_state(_find_document(data))
        payments = _resolve_by_state(payments, state or {})
        if state is None and record.visit_id:
            state = self._find_details(record_id, record.visit_id)
        if state is None:
            return payments, None
        spent = read_loyalty(state)
        return payments, tuple(one for one in spent if one.record_id in (None, record_id))

    def read_siblings(
        self, record_id: int, record: Record, payments: Payments, spent: Sequence[Loyalty] | None
    ) -> tuple[Record, ...]:
        """All records of the visit, where its payments may be for others as well; none where that cannot be read."""
        own = _list_own(payments, record_id)
        is_alone = len(own) == len(payments) and (not own or _explains_all(record, own, spent or ()))
        if record.visit_id is None or is_alone:
            return ()
        try:
            rows = self.client.list_records_of_visit(record.visit_id)
        except (NoRights, AltegioRefused, NotFound) as error:
            self.tell_rights(error)
            return ()
        return tuple(Record.model_validate(row) for row in rows if row.get("company_id") in (None, self.company_id))

    def read_sale(self, document_id: int) -> ReadSale:
        """A document of a top-up may be no sale at all: then its money says what it is. Raises NotFound."""
        try:
            state = self.client.get_sale(self.company_id, document_id)
        except NotFound:
            return self._read_top_up(document_id)
        payments = self._resolve_accounts(list_own_rows(state, "payment_transactions", document_id))
        loyalty = {"loyalty_transactions": list_own_rows(state, "loyalty_transactions", document_id)}
        return ReadSale(
            goods=tuple(GoodsOperation.model_validate(item) for item in read_sale_items(state, document_id)),
            payments=tuple(_name_document(payment, document_id) for payment in payments),
            spent=tuple(read_loyalty(loyalty)),
            owner=find_owner(state),
        )

    def _read_top_up(self, document_id: int) -> ReadSale:
        """Raises NotFound where no money was put on an account by that document."""
        rows = self.client.list_payments(self.company_id, document_id=document_id)
        payments = [payment for payment in self._resolve_accounts(rows) if is_top_up(payment) and not is_outgo(payment)]
        if not payments:
            raise NotFound(f"no sale document {document_id}")
        return ReadSale(tuple(build_advance(payment) for payment in payments), tuple(payments), ())

    def _resolve_accounts(self, rows: Sequence[dict[str, Any]]) -> Payments:
        """Not every answer says whether an account is a cash till; the list of accounts does."""
        payments = read_payments(rows, {})
        if all(map(_tells_kind, payments)):
            return tuple(payments)
        try:
            return tuple(read_payments(rows, self.client.list_accounts(self.company_id)))
        except (NoRights, AltegioRefused, NotFound) as error:
            self.tell_rights(error)
            return tuple(payments)

    def _find_state(self, document_id: int | None) -> dict[str, Any] | None:
        """The sale document; None where it cannot be had: whether visits have one is not certain."""
        if document_id is None:
            return None
        try:
            return self.client.get_sale(self.company_id, document_id)
        except (NoRights, AltegioRefused, NotFound) as error:
            self.tell_rights(error)
            return None

    def _find_details(self, record_id: int, visit_id: int) -> dict[str, Any] | None:
        try:
            return self.client.get_visit_details(self.company_id, record_id, visit_id)
        except (NoRights, AltegioRefused, NotFound) as error:
            self.tell_rights(error)
            return None

    def tell_rights(self, error: Exception) -> None:
        """A configuration to mend: said once in a while, and the webhooks do meanwhile."""
        if isinstance(error, NoRights):
            send_alert(self.sessions, "altegio_rights", str(error))
        else:
            log.warning("altegio does not tell", error=str(error))


def is_paid_by(record: Record, payments: Payments) -> bool:
    """Whether the payments are all there are: every account tells its kind, and they pay what was left to pay."""
    cost = _price(record)
    return all(map(_tells_kind, payments)) and (cost is None or _add_up(payments) in (cost.asked, cost.full))


def is_explained(record: Record, payments: Payments) -> bool:
    """Whether money alone paid for everything, so that nothing else need be asked for."""
    cost = _price(record)
    return all(map(_tells_kind, payments)) and (cost is None or _add_up(payments) == cost.full)


def _price(record: Record) -> Cost | None:
    """None where the lines cannot be added up: nothing explains them then."""
    try:
        return price_record(record)
    except CannotBuild:
        return None


def _explains_all(record: Record, payments: Payments, spent: Sequence[Loyalty]) -> bool:
    cost, paid = _price(record), _add_up(payments)
    whole = paid + sum((one.amount for one in spent if one.means is not NoMoney.UNCLEAR), ZERO)
    return cost is None or whole in (cost.full, cost.asked) or paid == cost.asked


def _add_up(payments: Sequence[FinanceOperation]) -> Decimal:
    return sum((payment.amount for payment in payments if payment.amount > 0), ZERO)


def _list_own(payments: Payments, record_id: int) -> Payments:
    return tuple(payment for payment in payments if payment.record_id == record_id)


def _tells_kind(payment: FinanceOperation) -> bool:
    return payment.account is not None and payment.account.is_cash is not None


def _find_document(data: dict[str, Any]) -> int | None:
    """The visit's own: a write-off of materials may stand before it, and its id may be text."""
    documents = data.get("documents")
    rows = [row for row in documents if isinstance(row, dict)] if isinstance(documents, list) else []
    of_type = {str(row.get("type_id")): row for row in reversed(rows)}
    others = [row for row in rows if str(row.get("type_id")) != _WRITE_OFF]
    number = str((of_type.get(_OF_VISIT) or next(iter(others), {})).get("id") or "")
    return int(number) if number.isdecimal() else None


def _name_document(payment: FinanceOperation, document_id: int) -> FinanceOperation:
    """What the document lists was paid for it, whatever else the row says."""
    named = {"document_id": document_id, "sold_item_type": payment.sold_item_type or "goods_transaction"}
    return payment.model_copy(update={**named, "record_id": None, "visit_id": None})


def _resolve_by_state(payments: Payments, state: dict[str, Any]) -> Payments:
    accounts = {payment.id: payment.account for payment in read_payments(state.get("payment_transactions") or [], {})}
    return tuple(
        payment
        if _tells_kind(payment)
        else payment.model_copy(update={"account": accounts.get(payment.id, payment.account)})
        for payment in payments
    )
