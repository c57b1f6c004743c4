"""Small JSON calls to this machine; no proxy of the environment is asked on the way."""

from typing import Any

import requests

_SECONDS = 3.0


def call(port: int, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    """Status and decoded JSON; None for a body that is none. Status 0: nobody answered, or not in HTTP."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            answer = session.request(method, f"http://127.0.0.1:{port}{path}", json=body, timeout=_SECONDS)
        except requests.RequestException as error:
            return 0, str(error)
    try:
        return answer.status_code, answer.json()
    except ValueError:
        return answer.status_code, None


def answers(port: int, path: str) -> bool:
    return call(port, "GET", path)[0] == 200
