"""Defines the Prometheus metrics that a process counts by itself. Labels have few values: never ids.

What can be read from PostgreSQL and Redis is not counted but looked up at each scrape, by `api.metrics`.
"""

from prometheus_client import Counter, Histogram

WEBHOOKS = Counter("webhooks_total", "Webhooks received.", ["resource", "outcome"])
WEBHOOK_SECONDS = Histogram(
    "webhook_seconds",
    "Time from the request to its answer.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
NO_RESOURCE = "none"


def count_refused_webhook(outcome: str) -> None:
    """Counts a request from which nothing was stored, so that it has no resource. `outcome` is why."""
    WEBHOOKS.labels(resource=NO_RESOURCE, outcome=outcome).inc()


RECEIPTS = Counter("receipts_total", "What attempts led to: issued, retry, unknown, dead.", ["outcome"])
RECEIPT_ATTEMPTS = Histogram(
    "receipt_attempts", "Attempts an issued receipt took.", ["kind"], buckets=(1, 2, 3, 5, 8, 13, 21, 50)
)
RECEIPT_SECONDS = Histogram(
    "receipt_seconds",
    "Time from the decision that a receipt is due to its fiscal number.",
    ["kind"],
    buckets=(0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400),
)
WEBKASSA_SECONDS = Histogram(
    "webkassa_seconds",
    "Time of a call to Webkassa; `code` is ok, the vendor's code, an HTTP status, or none without an answer.",
    ["call", "code"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
)
