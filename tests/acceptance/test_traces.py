"""Spans of one webhook, from the api and from the worker, as an OpenTelemetry collector gets them."""

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.support.payloads import visit
from tests.support.stack import Stack


class Collector:
    def __init__(self) -> None:
        self.spans: list[tuple[str, Any]] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                collector.take(self.rfile.read(int(self.headers["Content-Length"])))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def take(self, body: bytes) -> None:
        told = ExportTraceServiceRequest.FromString(body)
        for resource in told.resource_spans:
            service = next(pair.value.string_value for pair in resource.resource.attributes if pair.key == "service.name")
            self.spans += [(service, span) for scope in resource.scope_spans for span in scope.spans]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    opened = Collector()
    yield opened
    opened.close()


def test_one_webhook_is_one_trace(stack: Callable[..., Stack], collector: Collector) -> None:
    service = stack(beat=False, env={"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"})
    service.wait_for_state(int(service.post(visit(1)).json()["record_id"]), "processed")

    def find_trace() -> set[tuple[str, str]]:
        traces = {span.trace_id for name, span in collector.spans if span.name == "webkassa check"}
        return {(name, span.name) for name, span in collector.spans if span.trace_id in traces}

    wanted = {
        ("altegio-webkassa-api", "webhook"),
        ("altegio-webkassa-worker", "decide"),
        ("altegio-webkassa-worker", "webkassa check"),
    }
    service.wait_for(lambda: find_trace() >= wanted, what="the spans of the webhook")
    (check,) = [span for _, span in collector.spans if span.name == "webkassa check"]
    attributes = {pair.key: pair.value.string_value or pair.value.int_value for pair in check.attributes}
    assert attributes == {"record_id": 1, "receipt_id": 1, "code": "ok"}
    assert check.end_time_unix_nano > check.start_time_unix_nano
