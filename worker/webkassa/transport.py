"""Carries one request to Webkassa and its answer back: pooled connections, and a time limit on the whole.

Nothing here knows what an answer means. What became of the request is all that is told: an answer of any kind, certainly
nothing sent, or unknown.
"""

import functools
import time
from collections.abc import Mapping
from typing import NamedTuple

import requests
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)

from worker.webkassa.errors import OutcomeUnknown, WebkassaError, WebkassaUnavailable

MAX_ANSWER_BYTES = 8 * 1024 * 1024


class Answer(NamedTuple):
    """Holds what came back, whoever sent it. `headers` are read in any case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 400


class Transport:
    """Posts bodies to Webkassa. Safe to share between threads; time limits are in seconds."""

    def __init__(self, api_token: str, *, connect_timeout: float, read_timeout: float, pool_size: int) -> None:
        self._timeout = (connect_timeout, read_timeout)
        self._headers = {
            **requests.utils.default_headers(),
            "x-api-key": api_token,
            "Content-Type": "application/json",
        }
        self._adapter = requests.adapters.HTTPAdapter(pool_connections=4, pool_maxsize=pool_size, max_retries=0)
        self._prepare = functools.lru_cache(maxsize=32)(self._prepare_post)

    def close(self) -> None:
        self._adapter.close()

    def drop_connections(self) -> None:
        """Closes what is pooled, and what is in use when its call ends; later calls connect anew."""
        self._adapter.close()

    def post(self, url: str, body: bytes) -> Answer:
        """Sends the body and returns what came back. Raises WebkassaUnavailable if nothing was sent, OutcomeUnknown."""
        deadline = time.monotonic() + sum(self._timeout)
        try:
            request = self._prepare(url).copy()
            request.prepare_body(body, None)
            # Without a session, which merges the same settings anew for every call, and would follow redirects and let a
            # proxy or a .netrc of the machine see fiscal data.
            with self._adapter.send(request, stream=True, timeout=self._timeout, verify=True) as response:
                content = _read_within(response, deadline)
        except (requests.RequestException, HTTPError) as error:
            raise _transport_error(error) from None
        return Answer(response.status_code, response.headers, content)

    def _prepare_post(self, url: str) -> requests.PreparedRequest:
        return requests.Request("POST", url, headers=self._headers).prepare()


def _read_within(response: requests.Response, deadline: float) -> bytes:
    """The whole body, or OutcomeUnknown: the library's own limit starts anew with every byte that trickles in."""
    content = bytearray()
    # read1 returns with what has arrived; iter_content would wait for a full chunk, however slowly it fills.
    while chunk := response.raw.read1(65536, decode_content=True):
        content += chunk
        if time.monotonic() > deadline or len(content) > MAX_ANSWER_BYTES:
            raise OutcomeUnknown("the answer does not end", may_still_run=True)
    return bytes(content)


def _transport_error(error: requests.RequestException | HTTPError) -> WebkassaError:
    name = type(error).__name__
    if isinstance(error, requests.exceptions.SSLError):
        return WebkassaUnavailable("TLS handshake failed")
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    if isinstance(error, requests.ConnectTimeout) or isinstance(
        reason, NewConnectionError | NameResolutionError | ConnectTimeoutError
    ):
        return WebkassaUnavailable("cannot be reached")
    return OutcomeUnknown(f"no answer ({name})", may_still_run=isinstance(error, requests.Timeout | ReadTimeoutError))
