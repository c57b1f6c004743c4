"""Books in Altegio what was taken at the desk, so that both agree: once, whatever becomes of the answer.

Altegio takes no key that would make a second booking the first, so ours stands in the comment. Where an answer was lost the
ledger is searched for it, and nothing is sent again before that search was sure to see it. Without the right to read the
ledger a person is told instead: money is never booked twice.
"""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import func, literal, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from shared.clock import ALMATY
from shared.fiscal.own_words import find_desk_key, make_desk_key
from shared.fiscal.statuses import PaymentState, ReceiptKind, ReceiptState
from shared.logging import get_logger
from shared.storage.db import read_clock
from shared.storage.models import Cashbox, Checkout, DeskBooking, PaymentRecord, Receipt, Visit
from shared.storage.models.write_back.states import WriteState
from worker.alerts import kinds, send_alert
from worker.alerts.wording import describe
from worker.altegio.client import AltegioClient
from worker.altegio.errors import AltegioError, AltegioUnavailable, NoRights, OutcomeUnknown
from worker.rounds.write_back.accounts import choose_account
from worker.rounds.write_back.claims import back_off, claim_next, hold, in_seconds, is_tried_again, release
from worker.salon.policy import Policy
from worker.salon.serving import load_salon
from worker.services import Services

log = get_logger(__name__)

# Altegio's lists may be behind for some seconds, and a lost call may be at work for as long as a call can last.
SURE_TO_BE_SEEN = timedelta(seconds=90)
SENT_WITHIN_SECONDS = 20.0
_SEARCH_BEFORE = timedelta(minutes=10)
_PAGE, _MAX_PAGES = 100, 50
# Altegio's own items for what services and goods bring in.
_OF_SERVICES, _OF_GOODS = 5, 7
_MAX_TEXT = 500


class CannotBook(Exception):
    """Raised where money is not booked; the message says why."""


class _Money(NamedTuple):
    record_id: int
    amount: Decimal
    kind: str
    taken_at: datetime
    expense_id: int
    policy: Policy
    is_voided: bool


def open_bookings(session: Session, default: str, since: timedelta) -> None:
    """Opens a booking for each part of a checkout whose visit has its receipt, of salons that want it."""
    sale, cashbox = aliased(Receipt), aliased(Cashbox)
    taken = (
        select(PaymentRecord.id, PaymentRecord.company_id, PaymentRecord.kind, Checkout.form_key)
        .join(Checkout, Checkout.id == PaymentRecord.checkout_id)
        .join(sale, (sale.company_id == Checkout.company_id) & (sale.record_id == Checkout.record_id))
        .join(cashbox, cashbox.id == sale.cashbox_id)
        .outerjoin(DeskBooking, DeskBooking.payment_record_id == PaymentRecord.id)
        .where(
            func.coalesce(cashbox.desk_payments, literal(default)) == "booked",
            Checkout.created_at > func.now() - since,
            Checkout.voided_at.is_(None),
            PaymentRecord.state == PaymentState.ACTIVE,
            sale.kind == ReceiptKind.SALE,
            sale.state == ReceiptState.ISSUED,
            sale.created_at >= Checkout.created_at,
            DeskBooking.id.is_(None),
        )
        .distinct()
    )
    rows = [
        {"payment_record_id": row_id, "company_id": company_id, "key": make_desk_key(form_key, kind)}
        for row_id, company_id, kind, form_key in session.execute(taken)
        if kind
    ]
    if rows:
        session.execute(insert(DeskBooking).on_conflict_do_nothing(), rows)


def open_withdrawals(session: Session) -> None:
    """Opens the bookings of checkouts that were voided since."""
    voided = (
        select(PaymentRecord.id)
        .join(Checkout, Checkout.id == PaymentRecord.checkout_id)
        .where(Checkout.voided_at > func.now() - timedelta(days=3))
    )
    session.execute(
        update(DeskBooking)
        .where(
            DeskBooking.payment_record_id.in_(voided),
            DeskBooking.state == WriteState.DONE,
            DeskBooking.operation_id.is_not(None),
        )
        .values(state=WriteState.OPEN, attempts=0, next_attempt_at=func.now())
    )


def book_next(services: Services, altegio: AltegioClient) -> bool:
    """Does what is due about one booking; says whether there was any."""
    booking = claim_next(services.sessions, DeskBooking)
    if booking is None:
        return False
    with services.sessions.begin() as session:
        money = _read_money(services, session, booking)
    try:
        values = _book(services, altegio, booking, money)
    except OutcomeUnknown as error:
        log.warning("not known whether it was booked", key=booking.key, error=str(error))
        values = {"error_text": str(error)[:_MAX_TEXT], "next_attempt_at": in_seconds(SURE_TO_BE_SEEN.total_seconds())}
    except (CannotBook, AltegioError, ValueError) as error:
        values = _fail(services, booking, money, error)
    release(services.sessions, booking, **values)
    return True


def _read_money(services: Services, session: Session, booking: DeskBooking) -> _Money:
    payment = session.get_one(PaymentRecord, booking.payment_record_id)
    checkout = session.get_one(Checkout, payment.checkout_id)
    assert checkout.record_id is not None  # bookings are opened for visits alone
    is_this = (Visit.company_id == checkout.company_id, Visit.record_id == checkout.record_id)
    lines = session.scalar(select(Visit.lines).where(*is_this)) or []
    is_of_goods = bool(lines) and not any(line.get("is_service") for line in lines)
    policy = load_salon(session, services.settings, booking.company_id).policy
    item = _OF_GOODS if is_of_goods else _OF_SERVICES
    is_voided = checkout.voided_at is not None
    return _Money(checkout.record_id, payment.amount, payment.kind or "", checkout.created_at, item, policy, is_voided)


def _book(services: Services, altegio: AltegioClient, booking: DeskBooking, money: _Money) -> dict[str, Any]:
    """What to keep of the turn. Raises AltegioError, CannotBook."""
    if money.is_voided and booking.operation_id is not None:
        return _withdraw(altegio, booking, booking.operation_id)
    if booking.sending_since is not None:
        known = _search(altegio, booking, booking.sending_since)
        if known is not None and money.is_voided:
            return _withdraw(altegio, booking, known)
        if known is not None:
            return _end(known)
        age = read_clock(services.sessions) - booking.sending_since
        if age < SURE_TO_BE_SEEN:
            return {"next_attempt_at": in_seconds((SURE_TO_BE_SEEN - age).total_seconds() + 1)}
    if money.is_voided or not money.policy.books_desk:
        return {"state": WriteState.DONE, "sending_since": None, "next_attempt_at": None}
    background = booking.attempts > 1
    account = choose_account(altegio.list_account_rows(booking.company_id, background=background), money.kind, money.policy)
    if account is None:
        raise CannotBook(f"which account takes «{money.kind}» is not certain: name it in PAYMENT_KINDS, as id:<number>=…")
    not_after = time.monotonic() + SENT_WITHIN_SECONDS
    if not hold(services.sessions, booking, sending_since=func.now()):
        raise AltegioUnavailable("another worker has the booking by now")
    told = _describe(booking, money, account)
    number = altegio.add_transaction(booking.company_id, told, not_after=not_after, background=background)
    log.info("desk payment booked", key=booking.key, operation_id=number)
    return _end(number)


def _withdraw(altegio: AltegioClient, booking: DeskBooking, number: int) -> dict[str, Any]:
    """The payment was voided: its sale was returned, perhaps to be paid in another way. Raises AltegioError."""
    altegio.delete_transaction(booking.company_id, number, not_after=time.monotonic() + SENT_WITHIN_SECONDS)
    log.info("booking withdrawn", key=booking.key, operation_id=number)
    return {"state": WriteState.DONE, "operation_id": None, "sending_since": None, "next_attempt_at": None}


def _describe(booking: DeskBooking, money: _Money, account: int) -> dict[str, Any]:
    """Only fields that are documented: whether an operation could name the visit is not known, so its comment does."""
    amount = money.amount * (100 if money.policy.amounts_in_tiyn else 1)
    return {
        "expense_id": money.expense_id,
        "amount": int(amount) if amount == amount.to_integral_value() else float(amount),
        "account_id": account,
        "date": f"{money.taken_at.astimezone(ALMATY):%Y-%m-%d %H:%M:%S}",
        "comment": f"Визит {money.record_id}, принято на странице оплаты, {booking.key}",
    }


def _search(altegio: AltegioClient, booking: DeskBooking, since: datetime) -> int | None:
    """The number of our operation, deleted or not; None where it is certainly not there. Raises AltegioError, CannotBook."""
    for deleted in (False, True):
        for page in range(1, _MAX_PAGES + 1):
            rows = altegio.list_transactions_changed(
                booking.company_id, since - _SEARCH_BEFORE, page=page, count=_PAGE, deleted=deleted, background=True
            )
            found = _find(rows, booking.key)
            if found is not None:
                return found
            if len(rows) < _PAGE:
                break
        else:
            raise CannotBook("it may be booked: Altegio's ledger is too long to be searched, look for the key in it")
    return None


def _find(rows: Iterable[dict[str, Any]], key: str) -> int | None:
    ours = (row for row in rows if find_desk_key(str(row.get("comment") or "")) == key)
    return next((int(row["id"]) for row in ours if str(row.get("id") or "").isdecimal()), None)


def _fail(services: Services, booking: DeskBooking, money: _Money, error: Exception) -> dict[str, Any]:
    """The answer was certain, or it was only looked for: whether anything may have left stays as it was before the turn."""
    text = str(error)[:_MAX_TEXT]
    log.warning("desk payment not booked", key=booking.key, attempts=booking.attempts, error=text)
    kept = {"error_text": text, "sending_since": booking.sending_since}
    if is_tried_again(error, booking.attempts):
        return {**kept, "next_attempt_at": in_seconds(back_off(booking.attempts, error))}
    if booking.sending_since is not None and isinstance(error, NoRights):
        text = f"an answer was lost and the ledger cannot be read: it may be booked, look for {booking.key}; {text}"
    values = {"company": booking.company_id, "visit": money.record_id, "amount": money.amount, "reason": text}
    words = describe(kinds.NOT_BOOKED, services.settings.alert_language, **values)
    send_alert(services.sessions, kinds.NOT_BOOKED, words)
    return {**kept, "state": WriteState.GIVEN_UP, "next_attempt_at": None}


def _end(operation_id: int) -> dict[str, Any]:
    return {
        "state": WriteState.DONE,
        "operation_id": operation_id,
        "sending_since": None,
        "error_text": None,
        "next_attempt_at": None,
    }
