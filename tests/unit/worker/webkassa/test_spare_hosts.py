"""Which spare hosts may see login, password and key."""

import pytest

from worker.webkassa.spare_hosts import MAX_SPARES, choose_spares

API = "https://api.webkassa.kz"


@pytest.mark.parametrize(
    ("configured", "named", "called"),
    [
        (API, "api2.webkassa.kz", "https://api2.webkassa.kz"),
        (API, "https://API2.Webkassa.kz/", "https://api2.webkassa.kz"),
        (API, "http://api2.webkassa.kz", "https://api2.webkassa.kz"),
        (API, "api2.webkassa.kz:8443", "https://api2.webkassa.kz:8443"),
        (API, "a.b.webkassa.kz", "https://a.b.webkassa.kz"),
        (API, "api.webkassa.kz", "https://api.webkassa.kz"),
        # The configured host is a domain itself: its parent is everybody's.
        ("https://webkassa.kz", "api.webkassa.kz", "https://api.webkassa.kz"),
        ("https://salon.com.kz", "api.salon.com.kz", "https://api.salon.com.kz"),
        # A bare name or number: the same host, any port.
        ("http://127.0.0.1:8081", "127.0.0.1:8082", "http://127.0.0.1:8082"),
        ("http://localhost:8081", "localhost:9", "http://localhost:9"),
        ("http://[::1]:8081", "[::1]:9", "http://[::1]:9"),
        ("http://simulator:8081", "simulator:9", "http://simulator:9"),
    ],
)
def test_called(configured: str, named: str, called: str) -> None:
    assert choose_spares(configured, [named]) == [called]


@pytest.mark.parametrize(
    ("configured", "named"),
    [
        (API, "evil.example"),
        (API, "evilwebkassa.kz"),
        (API, "webkassa.kz.evil.example"),
        (API, "evil.kz"),
        (API, "127.0.0.1"),
        (API, "localhost"),
        (API, "api.webkassa.kz@evil.example"),
        (API, "evil.example/.webkassa.kz"),
        (API, "evil.example#.webkassa.kz"),
        (API, "evil.example?.webkassa.kz"),
        (API, "evil.example\\.webkassa.kz"),
        (API, "evil.example\t.webkassa.kz"),
        (API, "//evil.example"),
        (API, "ftp://api2.webkassa.kz"),
        (API, "api2.webkassa.kz:port"),
        (API, "api2.webkassа.kz"),  # its last а is Cyrillic
        (API, ".webkassa.kz"),
        (API, "api2.webkassa.kz:0"),
        (API, "api2.webkassa.kz:65536"),
        (API, "-api2.webkassa.kz"),
        (API, "api2-.webkassa.kz"),
        (API, f"{'a' * 64}.webkassa.kz"),
        (API, f"{'a.' * 122}webkassa.kz"),
        (API, ""),
        ("https://webkassa.kz", "evil.kz"),
        ("https://salon.com.kz", "evil.com.kz"),
        ("http://127.0.0.1:8081", "127.0.0.2"),
        ("http://127.0.0.1:8081", "1.0.0.1"),
        ("http://127.0.0.1:8081", "evil.0.0.1"),
        ("http://[::1]:8081", "[::2]"),
        ("http://localhost:8081", "evil.localhost"),
        ("http://simulator:8081", "evil.simulator"),
    ],
)
def test_not_called(configured: str, named: str) -> None:
    assert choose_spares(configured, [named]) == []


def test_each_once_and_not_too_many() -> None:
    named = ["b.webkassa.kz", "b.webkassa.kz", "evil.example", *(f"c{number}.webkassa.kz" for number in range(99))]
    chosen = choose_spares(API, named)
    assert len(chosen) == MAX_SPARES
    assert chosen[:2] == ["https://b.webkassa.kz", "https://c0.webkassa.kz"]
