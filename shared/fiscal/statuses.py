"""Names the states of rows, as text in the database: a contract with operators and with Altegio's status endpoint."""

from enum import StrEnum


class RecordState(StrEnum):
    """Names the states of a delivery, `webhook_records.state`."""

    RECEIVED = "received"
    PROCESSING = "processing"
    PROCESSED = "processed"
    IGNORED = "ignored"
    AWAITING_PAYMENT = "awaiting_payment"
    RETRYING = "retrying"
    DEAD_LETTERED = "dead_lettered"
    INVALID = "invalid"


class DeliverySource(StrEnum):
    """Says where a delivery came from, `webhook_records.source`.

    `catch_up`: read over REST because no webhook told it. `desk`: no word of Altegio's, a sale made on the payment page.
    """

    WEBHOOK = "webhook"
    CATCH_UP = "catch_up"
    DESK = "desk"


class ReceiptState(StrEnum):
    """Names the states of a receipt, `receipts.state`.

    `rejected`: Webkassa said no for certain; `unknown`: an answer was lost, and Webkassa is asked before anything is sent
    again.
    """

    PENDING = "pending"
    ISSUED = "issued"
    UNKNOWN = "unknown"
    REJECTED = "rejected"


class ReceiptKind(StrEnum):
    """Tells a sale from the return of one, `receipts.kind`."""

    SALE = "sale"
    RETURN = "return"


class CallOutcome(StrEnum):
    """Says how a call to Webkassa ended, `fiscalization_logs.outcome`. `pending`: it has not, or the worker died in it."""

    PENDING = "pending"
    ISSUED = "issued"
    DUPLICATE = "duplicate"
    UNAVAILABLE = "unavailable"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class PaymentKind(StrEnum):
    """Names the ways of payment that a receipt may show; Webkassa takes each once."""

    CASH = "cash"
    CARD = "card"
    MOBILE = "mobile"


class AccountUse(StrEnum):
    """Says how the money on an account is taken, `payment_records.kind`: in one of the ways of payment, or otherwise.

    `none`: between bank accounts, no settlement at a cash register. `elsewhere`: a terminal that is a register itself.
    `deposit`: a till that stands for clients' own accounts, so no new money.
    """

    CASH = "cash"
    CARD = "card"
    MOBILE = "mobile"
    NONE = "none"
    ELSEWHERE = "elsewhere"
    DEPOSIT = "deposit"


class NoMoney(StrEnum):
    """Names what pays for a sale and is no money, `loyalty_records.means`. `unclear`: whether it pays is not known."""

    DEPOSIT = "deposit"
    CERTIFICATE = "certificate"
    MEMBERSHIP = "membership"
    BONUS = "bonus"
    UNCLEAR = "unclear"


class PaymentState(StrEnum):
    """Names the states of money, `payment_records.state`: deleted or made an expense it is `revoked`, never removed."""

    ACTIVE = "active"
    REVOKED = "revoked"


class PaymentPurpose(StrEnum):
    """Says what money was for, `payment_records.purpose`. Only `sale` pays a receipt; the rest is kept for the books.

    `deposit`: put on a client's own account. A salon may want a receipt for that as well. `booked`: our own booking of money
    that was taken at the desk, where it is counted.
    """

    SALE = "sale"
    DEPOSIT = "deposit"
    TIP = "tip"
    FEE = "fee"
    REFUND = "refund"
    OTHER = "other"
    BOOKED = "booked"


OPEN_RECORD_STATES = (RecordState.RECEIVED, RecordState.PROCESSING, RecordState.RETRYING)
OPEN_RECEIPT_STATES = (ReceiptState.PENDING, ReceiptState.UNKNOWN)
