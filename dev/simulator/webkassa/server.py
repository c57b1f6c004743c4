"""HTTP: keep-alive connections, routing, and the faults that need the socket itself."""

import contextlib
import socket
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from dev.simulator.webkassa import control
from dev.simulator.webkassa.exchange import Ending, Exchange
from dev.simulator.webkassa.journal import Entry
from dev.simulator.webkassa.routes import Route, find_route
from dev.simulator.webkassa.settings import Settings
from dev.simulator.webkassa.simulator import Simulator
from dev.simulator.webkassa.wire import Reply, Wire, html_reply

MAX_BODY = 16 * 1024 * 1024


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self._connections: set[socket.socket] = set()
        super().__init__((simulator.settings.host, simulator.settings.port), Handler)

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
        """A client that hangs up is what this server is for; anything else is a bug worth a traceback."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def drop_connections(self) -> None:
        """Idle keep-alive connections would go on being answered after the end."""
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._route()

    def do_POST(self) -> None:
        self._route()

    def do_DELETE(self) -> None:
        self._route()

    def log_message(self, *args: object) -> None:
        """Quiet: the journal tells more."""

    def _route(self) -> None:
        raw = self._read_body()
        if raw is None:
            self._send(html_reply("Content-Length is needed", 411), keep_alive=False)
            return
        parts = urlsplit(self.path)
        if parts.path.startswith(control.PREFIX):
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            self._send(control.handle(self.server.simulator, self.command, parts.path, query, raw))
        else:
            self._serve_vendor(parts.path, raw)

    def _read_body(self) -> bytes | None:
        """None for a length that cannot be trusted; the connection is useless then."""
        length = self.headers.get("Content-Length", "0")
        is_chunked = "Transfer-Encoding" in self.headers
        if is_chunked or not length.isdecimal() or int(length) > MAX_BODY:
            return None
        return self.rfile.read(int(length))

    def _serve_vendor(self, path: str, raw: bytes) -> None:
        simulator = self.server.simulator
        route = find_route(path)
        is_missing = route is None or (route.operation == "ticket" and simulator.settings.ticket_lookup_missing)
        if route is None or is_missing or self.command != "POST":
            self._refuse_path(path, route, 404 if is_missing else 405)
            return
        wire = Wire(self.connection)
        ending = Exchange(simulator, route, path, wire).run(raw, self.headers.get("x-api-key"))
        self._finish(wire, ending)

    def _finish(self, wire: Wire, ending: Ending) -> None:
        if ending.wire == "send":
            self._send(ending.reply)
            return
        self.close_connection = True
        if ending.wire == "reset":
            wire.reset()
        elif ending.wire == "truncated":
            wire.send_half(ending.reply)

    def _refuse_path(self, path: str, route: Route | None, status: int) -> None:
        """A gateway's answer, not the register's."""
        simulator = self.server.simulator
        operation = route.operation if route else "unknown"
        entry = Entry(at=simulator.clock.now(), path=path, operation=operation, cashbox=None, body=None)
        entry.finish(f"error:{status}")
        simulator.journal.add(entry)
        self._send(html_reply(f"{status}: no such method", status))

    def _send(self, reply: Reply, *, keep_alive: bool = True) -> None:
        self.close_connection = self.close_connection or not keep_alive
        Wire(self.connection).send(reply, keep_alive=not self.close_connection)


class RunningSimulator:
    """A simulator in a thread of this process; ends with `close` or at the end of a `with`."""

    def __init__(self, settings: Settings) -> None:
        self.simulator = Simulator(settings)
        self._server = Server(self.simulator)
        self.port: int = self._server.server_address[1]
        self.url = f"http://{settings.host}:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.05},
            daemon=True,
            name="webkassa-simulator",
        )
        self._thread.start()

    def close(self) -> None:
        self.simulator.close()
        self._server.shutdown()
        self._server.server_close()
        self._server.drop_connections()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def start(settings: Settings | None = None) -> RunningSimulator:
    """Ready for requests when it returns."""
    return RunningSimulator(settings or Settings())
