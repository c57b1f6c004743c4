"""States of rows, as text in the database; the names are a contract with operators and with Altegio's status endpoint."""

from enum import StrEnum


class RecordState(StrEnum):
    """`webhook_records.state`."""

    RECEIVED = "received"
    PROCESSING = "processing"
    PROCESSED = "processed"
    IGNORED = "ignored"
    AWAITING_PAYMENT = "awaiting_payment"
    RETRYING = "retrying"
    DEAD_LETTERED = "dead_lettered"
    INVALID = "invalid"


class DeliverySource(StrEnum):
    """`webhook_records.source`. `catch_up`: read from Altegio's REST because no webhook told it."""

    WEBHOOK = "webhook"
    CATCH_UP = "catch_up"


class ReceiptState(StrEnum):
    """`receipts.state`. `rejected`: Webkassa said no for certain; `unknown`: ask before sending again."""

    PENDING = "pending"
    ISSUED = "issued"
    UNKNOWN = "unknown"
    REJECTED = "rejected"


class ReceiptKind(StrEnum):
    SALE = "sale"
    RETURN = "return"


class CallOutcome(StrEnum):
    """`fiscalization_logs.outcome`."""

    PENDING = "pending"
    ISSUED = "issued"
    DUPLICATE = "duplicate"
    UNAVAILABLE = "unavailable"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


class PaymentKind(StrEnum):
    CASH = "cash"
    CARD = "card"
    MOBILE = "mobile"


class PaymentState(StrEnum):
    """`payment_records.state`: money that Altegio deleted or turned into an expense is `revoked`, never removed."""

    ACTIVE = "active"
    REVOKED = "revoked"


class PaymentPurpose(StrEnum):
    """`payment_records.purpose`. Only `sale` pays a receipt; the rest is kept apart, for the books."""

    SALE = "sale"
    DEPOSIT = "deposit"
    FEE = "fee"
    REFUND = "refund"
    OTHER = "other"


OPEN_RECORD_STATES = (RecordState.RECEIVED, RecordState.PROCESSING, RecordState.RETRYING)
OPEN_RECEIPT_STATES = (ReceiptState.PENDING, ReceiptState.UNKNOWN)
