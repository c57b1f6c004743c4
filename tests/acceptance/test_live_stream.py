"""Two hundred open pages behind the real nginx hear of one visit, and do not hold up a server that is told to stop."""

import asyncio
import secrets
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url
from sqlalchemy.orm import Session

from api.acquire.access.hashing import hash_token
from api.acquire.access.signing import get_secret, seal
from dev.deploy.nginx import SERVER_NAME
from shared.storage.models import StaffSession, StaffUser
from tests.support.bridge import read_settings
from tests.support.nginx import Nginx
from tests.support.payloads import visit
from tests.support.stack import Stack

LISTENERS, OF_SESSION, OF_ADDRESS = 200, 5, 50
PATIENCE = 120


@pytest.fixture
def front(start_nginx: Callable[..., Nginx], service: Stack) -> Nginx:
    return start_nginx(f"127.0.0.1:{service.api_port}")


@pytest.fixture
def cookies(service: Stack, module_env: Mapping[str, str]) -> list[str]:
    """Sessions of one cashier, as many as the listeners need."""
    tokens = [secrets.token_urlsafe(32) for _ in range(LISTENERS // OF_SESSION)]
    engine = create_engine(make_url(module_env["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg2://")))
    now = datetime.now(UTC)
    with Session(engine) as session, session.begin():
        user = StaffUser(login=f"listener-{now.timestamp()}", role="cashier", password_hash="x", all_salons=True)
        session.add(user)
        session.flush()
        session.add_all(
            StaffSession(
                token_hash=hash_token(token),
                staff_user_id=user.id,
                last_seen_at=now,
                expires_at=now + timedelta(hours=1),
            )
            for token in tokens
        )
    engine.dispose()
    secret = get_secret(read_settings(module_env))
    return [f"__Host-acquire_session={seal(secret, 'session', token)}" for token in tokens]


class Tablet:
    """One open page: a connection that reads events."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @classmethod
    async def open(cls, port: int, certificate: Path, cookie: str, source: str) -> "Tablet":
        trusted = ssl.create_default_context(cafile=str(certificate))
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=trusted, server_hostname=SERVER_NAME, local_addr=(source, 0)
        )
        writer.write(f"GET /acquire/live HTTP/1.1\r\nHost: {SERVER_NAME}\r\nCookie: {cookie}\r\n\r\n".encode())
        tablet = cls(reader, writer)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        await tablet.read_data()
        return tablet

    async def read_data(self) -> str:
        while True:
            line = (await self._reader.readuntil(b"\n")).decode().strip()
            if line.startswith("data:"):
                return line.removeprefix("data:").strip()

    async def hear_of(self, topic: str) -> None:
        while topic not in (await self.read_data()).split():
            pass

    async def wait_for_the_end(self) -> None:
        while await self._reader.read(1024):
            pass

    async def close(self) -> None:
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


def test_two_hundred_pages_hear_of_one_visit_and_let_the_server_stop(
    front: Nginx, service: Stack, cookies: list[str]
) -> None:
    async def listen() -> None:
        tablets = await asyncio.gather(
            *(
                Tablet.open(front.https_port, front.certificate, cookies[n // OF_SESSION], f"127.0.1.{1 + n // OF_ADDRESS}")
                for n in range(LISTENERS)
            )
        )
        heard = asyncio.gather(*(tablet.hear_of("visits") for tablet in tablets))
        answer = await asyncio.to_thread(service.post, visit(740_910_001))
        assert answer.status_code == 200
        await heard
        # Whoever only reads is told of nothing else: pages are served beside the streams.
        assert await asyncio.to_thread(front.try_request, "GET", "/acquire/login") == 200
        ended = asyncio.gather(*(tablet.wait_for_the_end() for tablet in tablets))
        await asyncio.to_thread(service.stop, "api")
        await ended
        for tablet in tablets:
            await tablet.close()

    asyncio.run(asyncio.wait_for(listen(), PATIENCE))
    assert "Application shutdown complete" in service.children["api"].tail()


def test_an_address_has_so_many_streams_and_no_more(
    start_nginx: Callable[..., Nginx], service: Stack, cookies: list[str]
) -> None:
    nginx = start_nginx(f"127.0.0.1:{service.api_port}", {"limit_conn listeners 100;": "limit_conn listeners 3;"})

    async def listen() -> None:
        opened = [await Tablet.open(nginx.https_port, nginx.certificate, cookies[0], "127.0.1.9") for _ in range(3)]
        refused = await asyncio.to_thread(nginx.request, "GET", "/acquire/live", source="127.0.1.9")
        assert refused.status == 429
        other = await Tablet.open(nginx.https_port, nginx.certificate, cookies[1], "127.0.1.10")
        for tablet in (*opened, other):
            await tablet.close()

    asyncio.run(asyncio.wait_for(listen(), PATIENCE))
