"""Small JSON calls to this machine; no proxy of the environment is asked on the way."""

import http.client
import json
from typing import Any

_SECONDS = 3.0


class Unreachable(Exception):
    """Nobody answered, or not in HTTP."""


def call(port: int, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Status and decoded JSON; None for a body that is none. Raises Unreachable."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        payload = None if body is None else json.dumps(body, ensure_ascii=False).encode()
        connection.request(method, path, payload, {"Content-Type": "application/json"} if payload else {})
        response = connection.getresponse()
        return response.status, _decode(response.read())
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(f"{method} 127.0.0.1:{port}: {error}") from error
    finally:
        connection.close()


def answers(port: int, path: str) -> bool:
    try:
        return call(port, "GET", path)[0] == 200
    except Unreachable:
        return False


def _decode(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
