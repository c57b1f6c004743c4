"""The sale of a subject: a visit or a goods document. Finding it, making it, joining a delivery to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, and_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from shared.fiscal.money import ZERO
from shared.fiscal.payment_types import read_paid
from shared.fiscal.statuses import ReceiptKind, ReceiptState, RecordState
from shared.storage.models import Receipt, WebhookRecord
from shared.storage.statements import table_of
from worker.decide.resolution import Resolution
from worker.decide.rules import LiveReceipt
from worker.receipt.lines import ReceiptDraft
from worker.receipt.request import to_sale_request
from worker.salon.customer.addressee import ADDRESS_FIELDS, NOT_ADDRESSED, Addressed
from worker.salon.customer.outbox import plan_messages
from worker.salon.goods_codes import forget_goods_lines, note_goods_lines
from worker.salon.serving import SalonCashbox
from worker.webkassa.errors import AlreadyIssued

# Of a receipt for money put on a client's account; such a document sells nothing else.
_ADVANCE = "altegio_deposit_"
_OURS = "altegio_"
# Of a receipt for one payment of a visit.
_PREPAID = "altegio_prepaid_"


@dataclass(frozen=True, slots=True)
class Subject:
    """What is sold: exactly one of a record (visit) and a sale document."""

    company_id: int
    record_id: int | None = None
    document_id: int | None = None

    @property
    def is_visit(self) -> bool:
        return bool(self.record_id)

    @property
    def keys(self) -> dict[str, int | None]:
        """For the statements that are built once for visits and once for documents."""
        return {"company": self.company_id, "subject": self.record_id or self.document_id}

    @property
    def external_check_number(self) -> str:
        """The same for ever, through every retry and replay: Webkassa knows a sale by it."""
        return f"altegio_{self.record_id}" if self.record_id else f"altegio_goods_{self.document_id}"

    @property
    def advance_number(self) -> str:
        """The same for a document that put money on a client's account."""
        return f"{_ADVANCE}{self.document_id}"


def prepaid_number(operation_id: int) -> str:
    """The same for ever for the receipt of one payment: no record and no sale has that number."""
    return f"{_PREPAID}{operation_id}"


_receipts = table_of(Receipt)
_CREATE = (
    insert(_receipts)
    .values(kind=ReceiptKind.SALE, next_attempt_at=func.now())
    .on_conflict_do_nothing()
    .returning(_receipts.c.id)
)
# Without the receipts that payments have of their own.
_is_sale = and_(Receipt.company_id == bindparam("company"), Receipt.kind == ReceiptKind.SALE, Receipt.operation_id.is_(None))
_SALES = {
    is_visit: and_(_is_sale, (Receipt.record_id if is_visit else Receipt.document_id) == bindparam("subject"))
    for is_visit in (True, False)
}
_RETURNED = select(func.sum(_receipts.c.total)).where(
    _receipts.c.basis_receipt_id == bindparam("sale"),
    _receipts.c.state != ReceiptState.REJECTED,
    _receipts.c.id.is_distinct_from(bindparam("without", type_=BigInteger)),
)
_COUNT = {is_visit: select(func.count()).where(is_of) for is_visit, is_of in _SALES.items()}
_FIND = {
    is_visit: select(Receipt)
    .where(is_of, ~Receipt.returned)
    .order_by((Receipt.state == ReceiptState.REJECTED).asc(), Receipt.id.desc())
    .limit(1)
    .with_for_update()
    for is_visit, is_of in _SALES.items()
}


def count_sales(session: Session, subject: Subject) -> int:
    """How many sales the subject had, returned ones included."""
    return session.scalar(_COUNT[subject.is_visit], subject.keys) or 0


def find_sale(session: Session, subject: Subject) -> Receipt | None:
    """The sale that was not returned; a refused one only when there is no other."""
    return session.scalars(_FIND[subject.is_visit], subject.keys).first()


def describe_live(session: Session, receipt: Receipt | None) -> LiveReceipt | None:
    """For the rules: None stands for no receipt at all."""
    if receipt is None:
        return None
    is_issued = receipt.state == ReceiptState.ISSUED
    if may_be_changed(receipt):
        return LiveReceipt(receipt.total, is_issued, may_be_changed=True)
    paid, returned = read_paid(receipt.request), sum_returned(session, receipt.id)
    return LiveReceipt(receipt.total, is_issued, may_be_changed=False, paid=paid, returned=returned)


def sum_returned(session: Session, sale_id: int, *, without: int | None = None) -> Decimal:
    """Adds up the return receipts of a sale, issued or on their way, in tenge; `without` one of them."""
    return Decimal(session.scalar(_RETURNED, {"sale": sale_id, "without": without}) or ZERO)


def is_advance(receipt: Receipt) -> bool:
    """Whether it is for money put on a client's account."""
    return _ADVANCE.removeprefix(_OURS) in receipt.external_check_number


def may_be_changed(receipt: Receipt) -> bool:
    """Only a receipt that certainly does not exist at Webkassa: never sent, or refused for good.

    A sale that corrects another has its lines from that one and its ways from staff: no webhook may hold it up or change it
    before it is sent, since the first is returned already.
    """
    if receipt.state == ReceiptState.REJECTED:
        return receipt.error_kind != AlreadyIssued.__name__
    is_unsent = receipt.sending_since is None and receipt.unknown_since is None
    return receipt.state == ReceiptState.PENDING and is_unsent and receipt.replaces_id is None


def issue_sale(
    session: Session,
    subject: Subject,
    sale: Receipt | None,
    draft: ReceiptDraft,
    cashbox: SalonCashbox,
    addressed: Addressed = NOT_ADDRESSED,
    *,
    earlier: int = 0,
    is_of_advance: bool = False,
    operation_id: int | None = None,
    staff_user_id: int | None = None,
) -> Resolution:
    """Makes the sale due, or brings one that was never issued up to date. `earlier`: how many sales the subject had.

    `operation_id`: the payment it is for alone. `staff_user_id`: who took the payment at the desk.
    """
    order_number = _find_order_number(subject, sale, is_of_advance=is_of_advance)
    first = prepaid_number(operation_id) if operation_id else order_number
    number = sale.external_check_number if sale else _next_number(first, earlier)
    request = to_sale_request(draft, cashbox.unique_number, number, order_number, addressed.desk)
    if sale is None:
        made = _create_sale(session, subject, cashbox, draft, request, operation_id, staff_user_id)
        if made.receipt_id is not None:
            plan_messages(session, subject.company_id, made.receipt_id, addressed)
        return made
    if sale.replaces_id is not None:
        if draft.total != sale.total:
            reason = f"staff corrected how {sale.total} ₸ were paid, it now costs {draft.total} ₸"
            return Resolution.dead("sum_mismatch", reason, receipt_id=sale.id)
        request |= {name: sale.request[name] for name in ("Payments", "Change")}
    is_refused = sale.state == ReceiptState.REJECTED and sale.error_kind is not None
    if is_refused and _without_addresses(sale.request) == _without_addresses(request):
        reason = f"Webkassa refused this receipt before: {sale.error_text}"
        return Resolution.dead(sale.error_code or "rejected", reason, receipt_id=sale.id)
    if sale.state == ReceiptState.REJECTED or sale.request != request:
        _revive(sale, draft, request, cashbox)
        sale.staff_user_id = staff_user_id or (sale.staff_user_id if sale.replaces_id else None)
        forget_goods_lines(session, sale.id)
        note_goods_lines(session, subject.company_id, sale.id, draft.lines)
        plan_messages(session, subject.company_id, sale.id, addressed)
        session.flush()
    return Resolution.issuing(sale.id, sale.cashbox_id)


def _without_addresses(request: Mapping[str, Any]) -> dict[str, Any]:
    """They may have been taken out when Webkassa refused it: they are no reason to try what was refused without them."""
    return {name: value for name, value in request.items() if name not in ADDRESS_FIELDS}


def _find_order_number(subject: Subject, sale: Receipt | None, *, is_of_advance: bool) -> str:
    """What a sale has, it keeps."""
    kept = sale.request.get("ExternalOrderNumber") if sale is not None else None
    return str(kept or (subject.advance_number if is_of_advance else subject.external_check_number))


def _next_number(bare: str, earlier: int) -> str:
    """The first sale has the bare number; one after a full return gets a suffix, since numbers are never used again."""
    return f"{bare}_{earlier + 1}" if earlier else bare


def _name_salon(number: str, company_id: int) -> str:
    return number.replace(_OURS, f"{_OURS}{company_id}_", 1)


def _revive(sale: Receipt, draft: ReceiptDraft, request: dict[str, Any], cashbox: SalonCashbox) -> None:
    """A receipt that does not exist at Webkassa takes the present shape, under its old number."""
    sale.request, sale.total, sale.tax, sale.cashbox_id = request, draft.total, draft.tax, cashbox.id
    if sale.state == ReceiptState.REJECTED:
        sale.budget_used = 0
        sale.budget_starts_at = func.now()
    sale.state = ReceiptState.PENDING
    sale.next_attempt_at = func.now()


def _create_sale(
    session: Session,
    subject: Subject,
    cashbox: SalonCashbox,
    draft: ReceiptDraft,
    request: dict[str, Any],
    operation_id: int | None,
    staff_user_id: int | None,
) -> Resolution:
    values = {
        "company_id": subject.company_id,
        "cashbox_id": cashbox.id,
        "record_id": subject.record_id,
        "document_id": subject.document_id,
        "operation_id": operation_id,
        "staff_user_id": staff_user_id,
        "external_check_number": request["ExternalCheckNumber"],
        "total": draft.total,
        "tax": draft.tax,
        "request": request,
    }
    created = session.scalar(_CREATE, values)
    if created is None:
        # Another salon has the same number of Altegio's, and came first. From now on the receipt keeps this one.
        names = ("ExternalCheckNumber", "ExternalOrderNumber")
        values["request"] = request | {name: _name_salon(request[name], subject.company_id) for name in names}
        values["external_check_number"] = values["request"]["ExternalCheckNumber"]
        created = session.scalar(_CREATE, values)
    if created is None:
        reason = f"the number {request['ExternalCheckNumber']} belongs to another receipt"
        return Resolution.dead("number_taken", reason)
    note_goods_lines(session, subject.company_id, created, draft.lines)
    return Resolution.issuing(created, cashbox.id)


def withdraw_unsent(session: Session, sale: Receipt | None, reason: str | None) -> None:
    """The newest facts ask for no receipt, and the one that waits was never sent: it does not leave any more."""
    if sale is None or sale.state != ReceiptState.PENDING or not may_be_changed(sale):
        return
    sale.state = ReceiptState.REJECTED
    sale.next_attempt_at = None
    sale.error_kind = None  # not refused by Webkassa: it may come back with the next delivery
    sale.error_text = f"withdrawn before it was sent: {reason}"
    forget_goods_lines(session, sale.id)
    session.execute(
        update(WebhookRecord)
        .where(
            WebhookRecord.receipt_id == sale.id,
            WebhookRecord.state.in_((RecordState.PROCESSING, RecordState.RETRYING)),
        )
        .values(state=RecordState.IGNORED, reason=sale.error_text, next_attempt_at=None, processed_at=func.now())
    )


def join_sale(session: Session, sale: Receipt, reason: str) -> Resolution:
    """A delivery that says nothing new shares the fate of the receipt that exists."""
    if sale.state == ReceiptState.ISSUED:
        return Resolution.processed(reason, receipt_id=sale.id)
    if sale.next_attempt_at is None:
        # Given up with an unknown outcome: asked once more, so that this delivery ends as well.
        sale.next_attempt_at = func.now()
        session.flush()
    return Resolution(RecordState.PROCESSING, reason, receipt_id=sale.id, cashbox_id=sale.cashbox_id)


def mark_return_due(
    sale: Receipt, reason: str, *, is_paid_back: bool, lines: list[dict[str, Any]] | None = None
) -> Resolution:
    """A manager decides about returns, unless `RETURN_POLICY` says otherwise for money that is all gone.

    `lines`: what is to be returned, where that is known; what was known for the same reason before is kept.
    """
    if sale.state == ReceiptState.REJECTED or sale.total == ZERO:
        return Resolution.ignored(f"{reason}; no receipt was issued")
    if lines is not None or sale.return_due_reason != reason:
        sale.return_due_lines = lines
    sale.return_due_reason = reason
    sale.paid_back_since = (sale.paid_back_since or func.now()) if is_paid_back else None
    return Resolution.processed(f"return due: {reason}", receipt_id=sale.id)


def clear_return_due(sale: Receipt) -> None:
    """Altegio and the receipt agree again."""
    sale.return_due_reason = None
    sale.return_due_lines = None
    sale.paid_back_since = None
