"""HTTP calls to this machine: no proxy of the environment in between, nothing left open."""

import contextlib
from collections.abc import Mapping
from http.client import HTTPConnection
from json import dumps, loads
from typing import Any
from urllib.parse import urlencode, urlsplit

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


def call(
    method: str,
    url: str,
    *,
    json: Any = None,
    params: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """The JSON of a control API's answer, over a connection of its own. Raises CallFailed.

    Tests make thousands of these calls: without what `requests` brings for the rest of the world each costs a third.
    """
    target = urlsplit(url)
    path = f"{target.path}?{urlencode(params)}" if params else target.path
    body = None if json is None else dumps(json).encode()
    with contextlib.closing(HTTPConnection(target.netloc, timeout=20)) as connection:
        connection.request(method, path, body, {"Content-Type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        content = answer.read()
    if answer.status != 200:
        raise CallFailed(f"{method} {url}: {answer.status} {content.decode('utf-8', 'replace')}")
    return loads(content)
