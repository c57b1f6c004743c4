"""HTTP calls to this machine: no proxy of the environment in between, nothing left open."""

from typing import Any

import requests


class CallFailed(AssertionError):
    """A control API did not do what it was asked for."""


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


def call(method: str, url: str, **options: Any) -> Any:
    """The JSON of a control API's answer. Raises CallFailed."""
    response = request(method, url, timeout=20.0, **options)
    if response.status_code != 200:
        raise CallFailed(f"{method} {url}: {response.status_code} {response.text}")
    return response.json()
