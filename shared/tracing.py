"""Tells spans to OpenTelemetry, where the environment names a collector (`OTEL_EXPORTER_OTLP_ENDPOINT`); elsewhere nothing.

The number of a request, which goes through HTTP, rows, tasks and calls anyway, is the trace: its spans find each other
without a header more. A span is told when it has ended, so a process that dies in the middle of one leaves none.
"""

import hashlib
import os
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from shared.logging import get_contextvars, get_logger

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider

log = get_logger(__name__)

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
_provider: "TracerProvider | None" = None


def start_tracing(service: str) -> None:
    """Starts the exporter of this process, under the name of `service`, where the environment names a collector.

    The rest is OpenTelemetry's own environment (`OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_RESOURCE_ATTRIBUTES`, …).
    """
    global _provider  # noqa: PLW0603 -- one exporter a process, like its log
    if not any(os.environ.get(name) for name in ENDPOINTS):
        return
    try:
        # Megabytes that only a process with a collector needs.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        log.error("OTEL_EXPORTER_OTLP_ENDPOINT is set, the extra is missing: pip install 'altegio-webkassa[otel]'")
        return
    _provider = TracerProvider(resource=Resource.create({"service.name": f"altegio-webkassa-{service}"}))
    _provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))


def stop_tracing() -> None:
    """Sends what has gathered, and ends the exporter."""
    if _provider is not None:
        _provider.shutdown()


def tell_span(name: str, seconds: float, **attributes: str | int) -> None:
    """Records work of `seconds` that has just ended, with the request and the ids that are bound to its log lines."""
    bound = get_contextvars()
    ids = {key: bound[key] for key in ("record_id", "receipt_id") if bound.get(key) is not None}
    record_span(name, seconds, bound.get("request_id"), ids | attributes)


def record_span(name: str, seconds: float, request_id: str | None, attributes: Mapping[str, str | int]) -> None:
    """Records work of `seconds` that has just ended, in the trace of the request; nothing without a number or a collector.

    Attributes hold ids and codes, never names or secrets.
    """
    if _provider is None or not request_id:
        return
    ended_at = time.time_ns()
    span = _provider.get_tracer(__name__).start_span(
        name,
        context=_find_parent(request_id),
        start_time=ended_at - int(seconds * 1e9),
        attributes=dict(attributes),
    )
    span.end(ended_at)


def _find_parent(request_id: str) -> "Context":
    from opentelemetry import trace  # noqa: PLC0415

    digest = hashlib.sha256(request_id.encode()).digest()
    parent = trace.SpanContext(
        trace_id=int.from_bytes(digest[:16], "big"),
        span_id=int.from_bytes(digest[16:24], "big"),
        is_remote=True,
        trace_flags=trace.TraceFlags(trace.TraceFlags.SAMPLED),
    )
    return trace.set_span_in_context(trace.NonRecordingSpan(parent))
