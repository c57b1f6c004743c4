"""Tells Prometheus what a worker counts: by a small HTTP server of its own, since a worker has no other."""

from prometheus_client import start_http_server

from shared.config import Settings
from shared.logging import get_logger

log = get_logger(__name__)


def serve_metrics(settings: Settings) -> None:
    """Starts the server, unless WORKER_METRICS_PORT is 0. A port that is taken costs metrics, never the work."""
    if not settings.worker_metrics_port:
        return
    host, port = settings.worker_metrics_host, settings.worker_metrics_port
    try:
        start_http_server(port, host)
    except OSError as error:
        log.error("no metrics of this worker", host=host, port=port, error=str(error))
        return
    log.info("metrics", host=host, port=port)
