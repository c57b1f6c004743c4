"""Strangers who hold or use up what they can get, in front of a real nginx: Altegio's webhooks go in all the same."""

import contextlib
import socket
import ssl
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from dev.demo import processes
from dev.demo.waiting import wait_until
from dev.deploy.nginx import SERVER_NAME
from dev.harness.child import Child
from tests.support import half_open
from tests.support.echo import Echo
from tests.support.nginx import ONE_A_MINUTE, Nginx

SECRET = "n7Kq-2vXw.9Zt_4Lp~c"
WEBHOOK = f"/api/webhook/{SECRET}"
WEBHOOKS = 31
ALTEGIO = "127.0.0.2"
# More than nginx's own number of connections (1024), so that it alone would not do.
HELD = 1100


class Attacker(Child):
    def __init__(self, nginx: Nginx, folder: Path) -> None:
        command = [sys.executable, half_open.__file__, str(nginx.http_port), str(nginx.https_port)]
        super().__init__("half-open", command, {}, folder, self._has_hold, processes.spawn)

    def await_more(self, count: int) -> None:
        """So that its next connections are there at the same time as what a test does next."""
        before = self._count(-1)[1]
        wait_until(lambda: self._count(-1)[1] >= before + count, timeout=60, what=f"{count} half-open connections more")

    def _has_hold(self, _: str) -> bool:
        """Whatever there is to be had on this machine: it holds enough, or gets no more."""
        held = [self._count(line)[0] for line in (-1, -50)]
        return held[0] >= HELD or 0 < held[0] <= held[1]

    def _count(self, line: int) -> tuple[int, int]:
        lines = [line for line in self.log.read_text("utf-8").splitlines(keepends=True) if line.endswith("\n")]
        held, opened = lines[line].split() if len(lines) >= -line else (0, 0)
        return int(held), int(opened)


@pytest.fixture
def attack(tmp_path: Path) -> Iterator[Callable[[Nginx], Attacker]]:
    with ExitStack() as opened:

        def begin(nginx: Nginx) -> Attacker:
            attacker = Attacker(nginx, tmp_path)
            opened.callback(attacker.kill)
            attacker.start()
            return attacker

        yield begin


def post(nginx: Nginx, source: str = ALTEGIO, path: str = WEBHOOK, body: bytes = b"{}") -> int:
    return nginx.try_request("POST", path, body=body, source=source)


def test_half_open_connections_of_one_address_keep_no_webhook_out(
    start_nginx: Callable[..., Nginx], echo: Echo, attack: Callable[[Nginx], Attacker]
) -> None:
    nginx = start_nginx(echo.address)
    attacker = attack(nginx)
    answers = []
    for _ in range(WEBHOOKS):
        attacker.await_more(100)
        answers.append(post(nginx))
    assert answers == [200] * WEBHOOKS
    assert attacker.running


def test_who_shares_altegios_address_uses_up_nothing_that_webhooks_need(
    start_nginx: Callable[..., Nginx], echo: Echo
) -> None:
    """A guess of a secret, an unsigned webhook, a page: each until it is told to wait."""
    nginx = start_nginx(echo.address, ONE_A_MINUTE)
    for path in ("/api/webhook/s3cret", "/api/webhook", "/acquire/login", "/api/webhook/status/7"):
        wait_until(lambda p=path: post(nginx, path=p) == 429, timeout=60, what=f"too many of {path}", poll=0)
    assert [post(nginx) for _ in range(WEBHOOKS)] == [200] * WEBHOOKS
    signed = nginx.request("POST", "/api/webhook", body=b"{}", source=ALTEGIO, headers={"X-Altegio-Signature": "0f" * 32})
    assert signed.status == 200


def test_who_holds_all_connections_of_altegios_address_holds_none_of_its_webhooks(
    start_nginx: Callable[..., Nginx], echo: Echo
) -> None:
    nginx = start_nginx(echo.address, {"limit_conn connections 50;": "limit_conn connections 2;"})

    def find_answers() -> list[int] | None:
        """None where what was held was cut off before everything was asked."""
        with hold_body(nginx, "/api/webhook/s3cret"), hold_body(nginx, "/acquire/login"):
            stranger, webhooks = post(nginx, path="/health"), [post(nginx) for _ in range(3)]
        return webhooks if stranger == 429 else None

    assert wait_until(find_answers, timeout=60, what="all connections to be held") == [200] * 3


def test_whoever_asks_nothing_is_cut_off(start_nginx: Callable[..., Nginx], echo: Echo) -> None:
    nginx = start_nginx(echo.address)
    with hold_body(nginx, WEBHOOK) as body, socket.create_connection(("127.0.0.1", nginx.http_port)) as header:
        header.sendall(half_open.HALF_A_HEADER)
        for held in (header, body):
            held.settimeout(40)
            with contextlib.suppress(ConnectionResetError):
                assert held.recv(1) == b""


@contextmanager
def hold_body(nginx: Nginx, path: str) -> Iterator[socket.socket]:
    """A request from Altegio's address whose body does not come."""
    tls = ssl.create_default_context(cafile=str(nginx.certificate))
    raw = socket.create_connection(("127.0.0.1", nginx.https_port), source_address=(ALTEGIO, 0))
    with tls.wrap_socket(raw, server_hostname=SERVER_NAME) as held:
        held.sendall(f"POST {path} HTTP/1.1\r\nHost: {SERVER_NAME}\r\nContent-Length: 10\r\n\r\n{{".encode())
        yield held
