"""HTTP as a careless sender speaks it: bodies, content types and lengths go out as they are."""

import contextlib
import http.client
import json
from dataclasses import dataclass
from typing import Any

from dev.fuzz.shots import Shot

SECONDS = 10.0
_BLOCK = 65_536


class NoAnswer(Exception):
    """Time ran out, or the connection ended before an answer was complete."""


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is None where it is no JSON."""

    status: int
    content_type: str
    body: Any


class Wire:
    """A connection that is kept while the API keeps it."""

    def __init__(self, port: int, secret: str) -> None:
        self._secret = secret
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECONDS)

    def post(self, shot: Shot) -> Answer:
        """Raises NoAnswer."""
        headers = {"Content-Type": shot.content_type} if shot.content_type else {}
        path = f"/api/webhook/{self._secret if shot.knows_secret else 'wrong'}"
        if not shot.chunked:
            return self._exchange("POST", path, shot.raw, headers)
        blocks = [shot.raw[start : start + _BLOCK] for start in range(0, len(shot.raw), _BLOCK)]
        return self._exchange("POST", path, blocks, {**headers, "Transfer-Encoding": "chunked"})

    def get(self, path: str) -> Answer:
        """Raises NoAnswer."""
        return self._exchange("GET", path, None, {})

    def close(self) -> None:
        self._connection.close()

    def _exchange(self, method: str, path: str, body: bytes | list[bytes] | None, headers: dict[str, str]) -> Answer:
        was_kept = self._connection.sock is not None
        try:
            # An API that has read enough answers and closes: what it said is there to be read all the same.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._connection.request(method, path, body, headers, encode_chunked=isinstance(body, list))
            response = self._connection.getresponse()
            return Answer(response.status, response.headers.get("content-type", ""), _decode(response.read()))
        except (OSError, http.client.HTTPException) as error:
            self.close()
            # The API may end an idle connection in the very moment it is used again; on a new one there is no excuse.
            if not was_kept or not isinstance(error, ConnectionResetError):
                raise NoAnswer(f"{type(error).__name__}: {error}") from error
        return self._exchange(method, path, body, headers)


def _decode(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None
