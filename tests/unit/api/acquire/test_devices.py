"""A session is known by words that its owner recognises."""

import pytest

from api.acquire.account.sessions import describe_device

CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROME, "Chrome · Windows"),
        (f"{CHROME} Edg/130.0", "Edge · Windows"),
        (f"{CHROME} YaBrowser/24.1", "Yandex · Windows"),
        ("Mozilla/5.0 (iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605 Version/17.0 Safari/604", "Safari · iPad"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox · Linux"),
        ("python-requests/2.34\x1b[2J", "python-requests/2.34[2J"),
        ("x" * 5000, "x" * 60),
        ("", ""),
    ],
)
def test_device_words(agent: str, words: str) -> None:
    assert describe_device(agent) == words
