"""The HTTP server around a simulator: keep-alive connections that can be dropped, bodies of known length, a thread."""

import argparse
import contextlib
import signal
import socket
import socketserver
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Generic, Self, TypeVar
from urllib.parse import parse_qsl, urlsplit

from dev.simulator import control
from dev.simulator.settings import Settings
from dev.simulator.simulator import Simulator
from dev.simulator.wire import Ending, Request, Wire, html_reply

MAX_BODY = 16 * 1024 * 1024
Kind = TypeVar("Kind", bound=Simulator[Any, Any])


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, simulator: Simulator[Any, Any]) -> None:
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
        """A client that hangs up is what these servers are for; anything else is a bug worth a traceback."""
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

    def do_POST(self) -> None:
        raw, wire = self._read_body(), Wire(self.connection)
        if raw is None:
            ending = Ending("refused", html_reply("Content-Length is needed", 411))
        else:
            ending = self._answer(raw, wire)
        may_stay = raw is not None and not self.close_connection
        self.close_connection = not wire.finish(ending, keep_alive=may_stay)

    do_GET = do_DELETE = do_PUT = do_POST  # noqa: N815 - the base class looks for these names

    def log_message(self, *args: object) -> None:
        """Quiet: the journal tells more."""

    def _answer(self, raw: bytes, wire: Wire) -> Ending:
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(self.command, parts.path, query, headers, raw, self.client_address[0])
        if parts.path.startswith(control.PREFIX):
            return Ending("control", control.handle(self.server.simulator, request))
        return self.server.simulator.run(request, wire)

    def _read_body(self) -> bytes | None:
        """None for a length that cannot be trusted; the connection is useless then."""
        length = self.headers.get("Content-Length", "0")
        is_chunked = "Transfer-Encoding" in self.headers
        if is_chunked or not length.isdecimal() or int(length) > MAX_BODY:
            return None
        return self.rfile.read(int(length))


class Running(Generic[Kind]):
    """A simulator in a thread of this process, ready for requests; ends with `close` or at the end of a `with`."""

    def __init__(self, simulator: Kind) -> None:
        self.simulator = simulator
        self._server = Server(simulator)
        host, self.port = str(self._server.server_address[0]), int(self._server.server_address[1])
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True, name=simulator.name)
        self._thread.start()

    def close(self) -> None:
        self.simulator.close()
        self._server.shutdown()
        self._server.server_close()
        self._server.drop_connections()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def run_process(module: str, kind: type[Simulator[Any, Any]], settings: type[Settings]) -> int:
    """`python -m module`: a simulator as a process of its own, until it is told to end."""
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=kind.__doc__)
    chosen = settings.from_arguments(parser)
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    with Running(kind(chosen)) as running:
        print(f"{kind.name} simulator on {running.url}", flush=True)
        ended.wait()
    return 0
