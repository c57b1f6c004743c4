"""Sends one HTTP request to Altegio: pooled, every wait and the size of the answer limited, no redirects."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from shared.cleaning import clean
from shared.config import Settings
from shared.storage.db import load_json
from worker.altegio.errors import AltegioUnavailable, NoRights

MAX_ANSWER_BYTES = 8 * 1024 * 1024

_TOKEN = re.compile(r"[!-~]+")
_PREFIX = "/api/v1"


@dataclass(frozen=True, slots=True)
class Answer:
    """Holds what was answered. `body` is None where there was no JSON; its fractions are Decimal. `retry_after`: seconds."""

    status: int
    body: Any
    retry_after: float | None


class Transport:
    """Sends requests with our tokens over pooled connections. Safe to share between threads."""

    def __init__(self, settings: Settings, *, pool_size: int) -> None:
        self.secrets = read_tokens(settings)
        self._base_url = settings.altegio_api_url + _PREFIX
        self._timeout = (settings.altegio_connect_timeout, settings.altegio_read_timeout)
        self._http = requests.Session()
        self._http.trust_env = False  # a proxy or a .netrc of the machine must not see the tokens
        self._http.headers["Accept"] = "application/vnd.api.v2+json"
        self._http.headers["Content-Type"] = "application/json"
        adapter = requests.adapters.HTTPAdapter(pool_connections=1, pool_maxsize=pool_size, max_retries=0)
        self._http.mount("https://", adapter)
        self._http.mount("http://", adapter)

    def get(self, path: str, params: Mapping[str, str | int], *, call: str) -> Answer:
        """Returns what was answered. Raises AltegioUnavailable without an answer, NoRights when a token cannot be one."""
        deadline = time.monotonic() + sum(self._timeout)
        try:
            with self._http.get(
                self._base_url + path,
                params=params,
                headers={"Authorization": self._authorize()},
                timeout=self._timeout,
                stream=True,
                allow_redirects=False,
            ) as response:
                content = _read_within(response, deadline, call)
        except (requests.RequestException, HTTPError) as error:
            # By name alone: the library's own texts hold the whole address.
            raise AltegioUnavailable(f"{call}: no answer ({type(error).__name__})") from None
        return Answer(response.status_code, _parse(content), _read_retry_after(response))

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def _authorize(self) -> str:
        partner, user = self.secrets
        for name, token in (("ALTEGIO_PARTNER_TOKEN", partner), ("ALTEGIO_USER_TOKEN", user)):
            if not _TOKEN.fullmatch(token):
                raise NoRights(f"{name} is {'not a token: it has spaces or letters no token has' if token else 'not set'}")
        return f"Bearer {partner}, User {user}"


def read_tokens(settings: Settings) -> tuple[str, str]:
    """Returns the partner's token and the user's, each empty where it is not set."""
    tokens = (settings.altegio_partner_token, settings.altegio_user_token)
    partner, user = (token.get_secret_value().strip() for token in tokens)
    return partner, user


def _read_within(response: requests.Response, deadline: float, call: str) -> bytes:
    """The whole body, or AltegioUnavailable: the library's own limit starts anew with every byte that trickles in."""
    content = bytearray()
    # read1 returns with what has arrived; iter_content would wait for a full chunk, however slowly it fills.
    while chunk := response.raw.read1(65536, decode_content=True):
        content += chunk
        if time.monotonic() > deadline or len(content) > MAX_ANSWER_BYTES:
            raise AltegioUnavailable(f"{call}: the answer does not end", status=response.status_code)
    return bytes(content)


def _parse(content: bytes) -> Any:
    try:
        return clean(load_json(content))
    except (ValueError, ArithmeticError, RecursionError):  # no JSON, or numbers beyond any sum
        return None


def _read_retry_after(response: requests.Response) -> float | None:
    value = response.headers.get("Retry-After", "").strip()
    return float(value) if re.fullmatch(r"\d{1,6}(\.\d+)?", value) else None
