"""What the simulators' HTTP servers share: keep-alive connections that can be dropped, bodies of known length, a thread."""

import contextlib
import socket
import socketserver
import sys
import threading
from abc import ABC, abstractmethod
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from dev.simulator.wire import Reply, Wire, html_reply

MAX_BODY = 16 * 1024 * 1024


class TrackingServer(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self._connections: set[socket.socket] = set()
        super().__init__(address, handler)

    def server_bind(self) -> None:
        """Without the base class's look-up of the host's name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[0], self.server_address[1]  # type: ignore[assignment]

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is what these servers are for; anything else is a bug worth a traceback."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def drop_connections(self) -> None:
        """Idle keep-alive connections would go on being answered after the end."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class PlainHandler(BaseHTTPRequestHandler, ABC):
    """Reads a body, gives it to `serve`, and ends the way `serve` says through `send` or `finish`."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._receive()

    def do_POST(self) -> None:
        self._receive()

    def do_DELETE(self) -> None:
        self._receive()

    def log_message(self, *args: object) -> None:
        """Quiet: the journal tells more."""

    @abstractmethod
    def serve(self, raw: bytes) -> None:
        """Answers the request whose body was read."""

    def send(self, reply: Reply, *, keep_alive: bool = True) -> None:
        self.close_connection = self.close_connection or not keep_alive
        Wire(self.connection).send(reply, keep_alive=not self.close_connection)

    def finish_on(self, wire: Wire, how: str, reply: Reply) -> None:
        """`how`: "send", "reset" or "truncated"; anything else ends the connection without a word."""
        if how == "send":
            self.send(reply)
            return
        self.close_connection = True
        if how == "reset":
            wire.reset()
        elif how == "truncated":
            wire.send_half(reply)

    def _receive(self) -> None:
        raw = self._read_body()
        if raw is None:
            self.send(html_reply("Content-Length is needed", 411), keep_alive=False)
        else:
            self.serve(raw)

    def _read_body(self) -> bytes | None:
        """None for a length that cannot be trusted; the connection is useless then."""
        length = self.headers.get("Content-Length", "0")
        is_chunked = "Transfer-Encoding" in self.headers
        if is_chunked or not length.isdecimal() or int(length) > MAX_BODY:
            return None
        return self.rfile.read(int(length))


class Serving:
    """A server in a thread of this process; ends with `close` or at the end of a `with`."""

    def __init__(self, server: TrackingServer, name: str) -> None:
        self._server = server
        host, self.port = str(server.server_address[0]), int(server.server_address[1])
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True, name=name)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._server.drop_connections()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()
