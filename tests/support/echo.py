"""An upstream that tells what reached it: for tests of what stands in front of the api."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Echo(http.server.ThreadingHTTPServer):
    """Answers every request with its path and headers. `connections` counts those it accepted."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.connections = 0
        super().__init__((host, port), _Handler)

    @property
    def address(self) -> str:
        return f"{self.server_address[0]!s}:{self.server_address[1]}"

    def process_request(self, request: object, client_address: object) -> None:
        self.connections += 1
        super().process_request(request, client_address)  # type: ignore[arg-type]


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        received = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        told = {"path": self.path, "method": self.command, "size": len(received), "at": self.server.address}  # type: ignore[attr-defined]
        body = json.dumps(told | {"headers": {name.lower(): value for name, value in self.headers.items()}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = _answer  # noqa: N815 -- the names are looked up by the library

    def log_message(self, *_: object) -> None:
        """Silent."""


@contextmanager
def run_echo(host: str = "127.0.0.1", port: int = 0) -> Iterator[Echo]:
    server = Echo(host, port)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
