"""What the proxy does with whole requests and answers, as gateways do."""

import contextlib
import socket
import socketserver
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from dev.harness.proxy import Proxy


class Echo(socketserver.ThreadingTCPServer):
    """Answers each request with itself, once `at_once` of them have come."""

    daemon_threads = True

    def __init__(self, at_once: int) -> None:
        self.heard: list[bytes] = []
        self.at_once, self.gate, self.heard_twice = at_once, threading.Event(), threading.Event()
        super().__init__(("127.0.0.1", 0), Answering)


class Answering(socketserver.BaseRequestHandler):
    server: Echo

    def handle(self) -> None:
        with contextlib.suppress(ConnectionResetError):
            while data := self.request.recv(1000):
                self._answer(data)

    def _answer(self, data: bytes) -> None:
        echo = self.server
        echo.heard.append(data)
        if len(echo.heard) >= echo.at_once:
            echo.gate.set()
        if len(echo.heard) == 2:
            echo.heard_twice.set()
        echo.gate.wait(10)
        self.request.sendall(data)


@contextlib.contextmanager
def open_echo(at_once: int) -> Iterator[tuple[Echo, Proxy]]:
    with Echo(at_once) as echo:
        thread = threading.Thread(target=echo.serve_forever)
        thread.start()
        with Proxy(echo.server_address[1]) as proxy:
            yield echo, proxy
        echo.shutdown()
        thread.join()


def ask(proxy: Proxy, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as connection:
        connection.sendall(request)
        return connection.recv(1000)


def test_two_at_once_get_each_others_answer() -> None:
    with open_echo(at_once=2) as (_, proxy), ThreadPoolExecutor(2) as pool:
        proxy.swaps = True
        answers = list(pool.map(lambda request: ask(proxy, request), (b"one", b"two")))
    assert answers == [b"two", b"one"]


def test_one_alone_gets_its_own_answer() -> None:
    with open_echo(at_once=1) as (_, proxy):
        proxy.swaps = True
        assert ask(proxy, b"one") == b"one"


def test_a_request_is_sent_once_more() -> None:
    with open_echo(at_once=1) as (echo, proxy):
        proxy.repeats = True
        assert ask(proxy, b"one") == b"one"
        assert echo.heard_twice.wait(10)
        assert echo.heard == [b"one", b"one"]


def test_present_connections_freeze_and_new_ones_do_not() -> None:
    with open_echo(at_once=1) as (_, proxy), socket.create_connection(("127.0.0.1", proxy.port), timeout=10) as old:
        old.sendall(b"one")
        assert old.recv(1000) == b"one"
        proxy.freeze()
        old.sendall(b"more")
        assert ask(proxy, b"two") == b"two"
        old.setblocking(False)
        with pytest.raises(BlockingIOError):
            old.recv(1000)
        proxy.cut()
