"""HTTP calls of tests: no proxy of the environment in between, nothing left open."""

from typing import Any

import requests


def request(method: str, url: str, *, timeout: float = 10.0, **options: Any) -> requests.Response:
    """One call over a connection of its own, so that threads may call it freely."""
    with requests.Session() as session:
        session.trust_env = False
        return session.request(method, url, timeout=timeout, **options)


def answers(url: str) -> bool:
    try:
        return request("GET", url, timeout=2.0).status_code == 200
    except requests.RequestException:
        return False
