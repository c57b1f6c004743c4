"""Prometheus metrics by name. Labels have few values: never ids."""

from prometheus_client import Counter, Histogram

WEBHOOKS = Counter("webhooks_total", "Webhooks received.", ["resource", "outcome"])
WEBHOOK_SECONDS = Histogram(
    "webhook_seconds",
    "Time from the request to its answer.",
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
