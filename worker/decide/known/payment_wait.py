"""Payments that are still to come: how long a sale waits for them, and what one that came wakes."""

from datetime import datetime, timedelta

from sqlalchemy import BigInteger, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.orm import Session

from shared.altegio import GOODS_SALE, RECORD
from shared.config import Settings
from shared.fiscal.statuses import ReceiptKind, ReceiptState, RecordState
from shared.storage.models import PaymentRecord, Receipt, WebhookRecord
from shared.storage.statements import table_of
from worker.decide.known.patience import WOKEN_BY_APPEARING
from worker.decide.known.payments import NEWEST_OF
from worker.decide.rules import IGNORED_WITHOUT_MONEY, TURNED_BY_PAYMENTS
from worker.decide.sales import Subject, may_be_changed

# After this many receipts without a single payment told, a salon does not send payments: nothing to wait for.
RECEIPTS_THAT_TELL = 5

_company = bindparam("company", type_=BigInteger)
_known = table_of(PaymentRecord).c
# In the words of the index of live sales.
_first_sales = (
    select(Receipt.id)
    .where(
        Receipt.company_id == _company,
        Receipt.record_id.is_not(None),
        Receipt.kind == ReceiptKind.SALE,
        Receipt.state != ReceiptState.REJECTED,
        ~Receipt.returned,
    )
    .limit(RECEIPTS_THAT_TELL)
    .subquery()
)
# Until a salon is known well enough, it is given the benefit of the doubt.
_tells_payments = or_(
    exists().where(_known.company_id == _company, _known.operation_id.is_not(None)),
    select(func.count()).select_from(_first_sales).scalar_subquery() < RECEIPTS_THAT_TELL,
)
_EXPECTED = {
    is_visit: select(_tells_payments, newest.scalar_subquery(), func.now()) for is_visit, newest in NEWEST_OF.items()
}
_deliveries = table_of(WebhookRecord)
_row = _deliveries.c
_WAKE = {
    is_visit: update(_deliveries)
    .where(
        _row.company_id == _company,
        is_of,
        or_(
            _row.state == RecordState.AWAITING_PAYMENT,
            and_(_row.state == RecordState.RECEIVED, _row.next_attempt_at > func.now()),
            and_(_row.state == RecordState.DEAD_LETTERED, _row.error_code.in_((*TURNED_BY_PAYMENTS, *WOKEN_BY_APPEARING))),
            and_(_row.state == RecordState.IGNORED, _row.reason.in_(IGNORED_WITHOUT_MONEY)),
            and_(
                _row.receipt_id == bindparam("unsent", type_=BigInteger),
                _row.state.in_((RecordState.PROCESSING, RecordState.RETRYING)),
            ),
        ),
    )
    .values(state=RecordState.RECEIVED, receipt_id=None, next_attempt_at=func.now(), claims=0)
    .returning(_row.id)
    for is_visit, is_of in (
        (True, and_(_row.resource == RECORD, _row.resource_id == bindparam("subject"))),
        (False, and_(_row.resource == GOODS_SALE, _row.document_id == bindparam("subject"))),
    )
}


def seconds_to_wait(settings: Settings, session: Session, subject: Subject, since: datetime) -> float:
    """Until no more payments of a sale told of at `since` are expected; each one that comes begins the wait anew."""
    patience = settings.payment_wait_seconds
    if not patience:
        return 0
    tells_payments, newest, now = session.execute(_EXPECTED[subject.is_visit], subject.keys).one()
    if not tells_payments:
        return 0
    until = max(since, newest or since) + timedelta(seconds=patience)
    seconds: float = (until - now).total_seconds()
    return max(0.0, seconds)


def wake_deliveries(session: Session, subject: Subject, sale: Receipt | None) -> tuple[int, ...]:
    """What waits for payments is decided again, and what was decided already but has certainly not left yet."""
    unsent = sale.id if sale is not None and may_be_changed(sale) and sale.state == ReceiptState.PENDING else None
    return tuple(session.scalars(_WAKE[subject.is_visit], {**subject.keys, "unsent": unsent}))
