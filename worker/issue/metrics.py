"""What is counted of receipts. Beside the transactions: a crash may leave a metric off by one; the tables are exact."""

from shared.clock import utc_now
from shared.metrics import RECEIPT_ATTEMPTS, RECEIPT_SECONDS, RECEIPTS
from worker.cashbox.due_receipt import DueReceipt


def count_issued(receipt: DueReceipt) -> None:
    RECEIPTS.labels(outcome="issued").inc()
    RECEIPT_ATTEMPTS.labels(kind=receipt.kind).observe(receipt.attempts)
    RECEIPT_SECONDS.labels(kind=receipt.kind).observe((utc_now() - receipt.created_at).total_seconds())


def count_failed(outcome: str) -> None:
    """`retry`, `unknown` or `dead`."""
    RECEIPTS.labels(outcome=outcome).inc()
