"""What a worker counts and how it is told: its own small HTTP server, since a worker has no other.

Counting happens beside the transactions, so a crash or a rollback can leave a metric off by one; the tables are exact.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server
from structlog.contextvars import get_contextvars

from shared.clock import utc_now
from shared.config import Settings
from shared.logging import get_logger
from shared.metrics import RECEIPT_ATTEMPTS, RECEIPT_SECONDS, RECEIPTS, WEBKASSA_SECONDS
from shared.tracing import record_span
from worker.cashbox.due_receipt import DueReceipt
from worker.webkassa.errors import WebkassaError

log = get_logger(__name__)

_OK, _NO_CODE, _LONGEST_CODE = "ok", "none", 5


def serve_metrics(settings: Settings) -> None:
    """Off without WORKER_METRICS_PORT. A port that is taken costs the metrics of this worker, never its work."""
    if not settings.worker_metrics_port:
        return
    host, port = settings.worker_metrics_host, settings.worker_metrics_port
    try:
        start_http_server(port, host)
    except OSError as error:
        log.error("no metrics of this worker", host=host, port=port, error=str(error))
        return
    log.info("metrics", host=host, port=port)


def count_issued(receipt: DueReceipt) -> None:
    RECEIPTS.labels(outcome="issued").inc()
    RECEIPT_ATTEMPTS.labels(kind=receipt.kind).observe(receipt.attempts)
    RECEIPT_SECONDS.labels(kind=receipt.kind).observe((utc_now() - receipt.created_at).total_seconds())


def count_failed(outcome: str) -> None:
    """`retry`, `unknown` or `dead`."""
    RECEIPTS.labels(outcome=outcome).inc()


def tell_span(name: str, seconds: float, **attributes: str | int) -> None:
    """In the trace of the request, and with the ids, that the work has bound to its log lines."""
    bound = get_contextvars()
    ids = {key: bound[key] for key in ("record_id", "receipt_id") if bound.get(key) is not None}
    record_span(name, seconds, bound.get("request_id"), ids | attributes)


@contextmanager
def watch_call(path: str) -> Iterator[None]:
    """Times one HTTP call to Webkassa. A failure is logged, under whatever ids the work has bound.

    What a success led to has a line of its own, and a busy worker spends a twentieth of its time on a line for each call.
    """
    call, code = path.rsplit("/", 1)[-1], _OK
    started = time.perf_counter()
    try:
        yield
    except WebkassaError as error:
        code = error.code or _NO_CODE
        raise
    finally:
        seconds = time.perf_counter() - started
        # The vendor may send any text as a code; labels have to stay few.
        WEBKASSA_SECONDS.labels(call=call, code=code if len(code) <= _LONGEST_CODE else "other").observe(seconds)
        if code != _OK:
            log.info("webkassa call", call=call, code=code, seconds=round(seconds, 3))
        tell_span(f"webkassa {call}", seconds, code=code)
