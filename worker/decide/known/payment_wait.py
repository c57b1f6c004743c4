"""Payments that are still to come: how long a sale waits for them, and what one that came wakes."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, DateTime, and_, bindparam, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from shared.altegio import FINANCES, GOODS_SALE, RECORD
from shared.config import Settings
from shared.fiscal.statuses import ReceiptKind, ReceiptState, RecordState
from shared.storage.models import PaymentRecord, Receipt, WebhookRecord
from shared.storage.statements import table_of
from worker.decide.delivery import Delivery
from worker.decide.known.money_rows import load_money_rows
from worker.decide.known.patience import WOKEN_BY_APPEARING
from worker.decide.known.payments import NEWEST_OF
from worker.decide.rules import IGNORED_WITHOUT_MONEY, TURNED_BY_PAYMENTS
from worker.decide.sales import Subject, find_sale, may_be_changed
from worker.decide.settlement.settling import NO_RECEIPT_NEEDED
from worker.salon.payment_delay import learn_payment_wait

SUPERSEDED = "superseded by a newer change of the same operation"
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
        Receipt.operation_id.is_(None),
        Receipt.kind == ReceiptKind.SALE,
        Receipt.state != ReceiptState.REJECTED,
        ~Receipt.returned,
    )
    .limit(RECEIPTS_THAT_TELL)
    .subquery()
)
_has_told = exists().where(_known.company_id == _company, _known.operation_id.is_not(None))
# Until a salon is known well enough, it is given the benefit of the doubt.
_tells_payments = or_(
    _has_told,
    select(func.count()).select_from(_first_sales).scalar_subquery() < RECEIPTS_THAT_TELL,
)
_TELLS_PAYMENTS = select(_has_told)
_EXPECTED = {
    is_visit: select(_tells_payments, newest.scalar_subquery(), func.now()) for is_visit, newest in NEWEST_OF.items()
}
_deliveries = table_of(WebhookRecord)
_row = _deliveries.c
_DELIVERIES_OF = {
    True: and_(_row.company_id == _company, _row.resource == RECORD, _row.resource_id == bindparam("subject")),
    False: and_(_row.company_id == _company, _row.resource == GOODS_SALE, _row.document_id == bindparam("subject")),
}
_DUE_AGAIN = {"state": RecordState.RECEIVED, "receipt_id": None, "next_attempt_at": func.now(), "claims": 0}
_WAKE = {
    is_visit: update(_deliveries)
    .where(
        is_of,
        or_(
            _row.state == RecordState.AWAITING_PAYMENT,
            and_(_row.state == RecordState.RECEIVED, _row.next_attempt_at > func.now()),
            and_(_row.state == RecordState.DEAD_LETTERED, _row.error_code.in_((*TURNED_BY_PAYMENTS, *WOKEN_BY_APPEARING))),
            and_(_row.state == RecordState.IGNORED, _row.reason.in_(IGNORED_WITHOUT_MONEY)),
            and_(_row.state == RecordState.IGNORED, _row.reason.startswith(NO_RECEIPT_NEEDED)),
            and_(
                _row.receipt_id == bindparam("unsent", type_=BigInteger),
                _row.state.in_((RecordState.PROCESSING, RecordState.RETRYING)),
            ),
        ),
    )
    .values(_DUE_AGAIN)
    .returning(_row.id)
    for is_visit, is_of in _DELIVERIES_OF.items()
}
_WAKE_CODED = {
    is_visit: update(_deliveries)
    .where(is_of, _row.state == RecordState.DEAD_LETTERED, _row.error_code == bindparam("code"))
    .values(_DUE_AGAIN)
    .returning(_row.id)
    for is_visit, is_of in _DELIVERIES_OF.items()
}
# Words on operations that a person was asked about: a newer word on the same one, or what was sold for it, settles them.
_ASKED_ABOUT = ("deposit", "money_without_lines")
_is_asked_about = and_(
    _row.company_id == _company,
    _row.resource == FINANCES,
    _row.resource_id.in_(bindparam("operations", expanding=True)),
    _row.state == RecordState.DEAD_LETTERED,
    _row.error_code.in_(_ASKED_ABOUT),
)
_WAKE_OPERATIONS = update(_deliveries).where(_is_asked_about).values(_DUE_AGAIN).returning(_row.id)
# The same may have been told and read besides, with one stamp: then the later row stays.
_is_later = tuple_(func.coalesce(_row.changed_at, _row.created_at), _row.id) > tuple_(
    bindparam("moment", type_=DateTime(timezone=True)), bindparam("delivery")
)
_SETTLE_EARLIER = (
    update(_deliveries)
    .where(_is_asked_about, _row.id != bindparam("delivery"), ~_is_later)
    .values(state=RecordState.IGNORED, reason=SUPERSEDED, error_code=None, processed_at=func.now())
)
_IS_ASKED_LATER = select(exists().where(_is_asked_about, _is_later))


def seconds_to_wait(settings: Settings, session: Session, subject: Subject, since: datetime) -> float:
    """Until no more payments of a sale told of at `since` are expected; each one that comes begins the wait anew.

    PAYMENT_WAIT_SECONDS stands in until the salon's own payments say how long they take; 0: nothing is waited for.
    """
    if not settings.payment_wait_seconds:
        return 0
    tells_payments, newest, now = session.execute(_EXPECTED[subject.is_visit], subject.keys).one()
    if not tells_payments:
        return 0
    patience = learn_payment_wait(session, subject.company_id) or settings.payment_wait_seconds
    until = max(since, newest or since) + timedelta(seconds=patience)
    seconds: float = (until - now).total_seconds()
    return max(0.0, seconds)


def tells_payments(session: Session, company_id: int) -> bool:
    """Whether any movement of the salon's money was ever told."""
    return bool(session.scalar(_TELLS_PAYMENTS, {"company": company_id}))


def wake_deliveries(session: Session, subject: Subject, sale: Receipt | None) -> tuple[int, ...]:
    """What waits for payments is decided again, and what was decided already but has certainly not left yet."""
    unsent = sale.id if sale is not None and may_be_changed(sale) and sale.state == ReceiptState.PENDING else None
    return tuple(session.scalars(_WAKE[subject.is_visit], {**subject.keys, "unsent": unsent}))


def wake_differences(session: Session, subject: Subject) -> tuple[int, ...]:
    """What a person was asked about because the sale changed: where its money went back as well, both are one item."""
    return tuple(session.scalars(_WAKE_CODED[subject.is_visit], {**subject.keys, "code": "difference"}))


def wake_untaxed(session: Session, subject: Subject) -> tuple[int, ...]:
    """Lines whose id a later webhook told: the receipt that was made then settles them."""
    return tuple(session.scalars(_WAKE_CODED[subject.is_visit], {**subject.keys, "code": "no_vat_rate"}))


def wake_visits(session: Session, company_id: int, record_ids: Iterable[int]) -> tuple[int, ...]:
    """The same for several records of one visit, whose lock is held."""
    subjects = [Subject(company_id, record_id=record_id) for record_id in record_ids]
    return tuple(row_id for one in subjects for row_id in wake_deliveries(session, one, find_sale(session, one)))


def settle_earlier_words(session: Session, row: Delivery) -> bool:
    """A person is asked about an operation once: by its newest word. False where a later one asks already."""
    values = {
        "company": row.company_id,
        "operations": [row.resource_id],
        "moment": row.changed_at or row.created_at,
        "delivery": row.id,
    }
    session.execute(_SETTLE_EARLIER, values)
    return not session.scalar(_IS_ASKED_LATER, values)


def wake_payments(session: Session, subject: Subject) -> tuple[int, ...]:
    """Payments of a document that wait for a person because nothing told what was sold."""
    rows = load_money_rows(session, subject).payments
    operations = [row.operation_id for row in rows if row.operation_id is not None]
    if not operations:
        return ()
    return tuple(session.scalars(_WAKE_OPERATIONS, {"company": subject.company_id, "operations": operations}))
