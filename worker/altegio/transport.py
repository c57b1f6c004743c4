"""Sends one HTTP request to Altegio and reads its answer as JSON."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from shared.cleaning import clean
from shared.config import Settings
from shared.storage.db import load_json
from shared.wire.calls import CallFailed, NotSent, Wire
from shared.wire.connection import Limits
from worker.altegio.errors import AltegioUnavailable, NoRights, OutcomeUnknown

_TOKEN = re.compile(r"[!-~]+")
_PREFIX = "/api/v1"
_SERVER_FAULT = 500
# Refused before anything was done, whoever says so.
_NOTHING_DONE = frozenset({401, 403, 404, 413, 422, 429})


@dataclass(frozen=True, slots=True)
class Answer:
    """Holds what was answered. `body` is None where there was no JSON; its fractions are Decimal. `retry_after`: seconds.

    `content`: as it came, before it was cleaned.
    """

    status: int
    body: Any
    retry_after: float | None
    content: bytes = b""

    @property
    def is_as_it_came(self) -> bool:
        """Says whether cleaning left everything as it was, so that it may be sent back."""
        try:
            return bool(load_json(self.content) == self.body)
        except (ValueError, ArithmeticError, RecursionError):
            return False


class Transport:
    """Sends requests with our tokens over kept connections. Safe to share between threads."""

    def __init__(self, settings: Settings, *, pool_size: int) -> None:
        self.secrets = read_tokens(settings)
        self._wrong_token = _find_wrong_token(*self.secrets)
        self._base_url = settings.altegio_api_url + _PREFIX
        partner, user = self.secrets
        headers = {"Accept": "application/vnd.api.v2+json", "Content-Type": "application/json"}
        if not self._wrong_token:
            headers["Authorization"] = f"Bearer {partner}, User {user}"
        self._wire = Wire(
            headers, Limits(settings.altegio_connect_timeout, settings.altegio_read_timeout), pool_size=pool_size
        )

    def get(self, path: str, params: Mapping[str, str | int], *, call: str) -> Answer:
        """Returns what was answered. Raises AltegioUnavailable without an answer, NoRights when a token cannot be one."""
        if self._wrong_token:
            raise NoRights(self._wrong_token)
        query = f"?{urlencode(params)}" if params else ""
        try:
            with self._wire.exchange("GET", f"{self._base_url}{path}{query}") as exchange:
                answer = exchange.answer
        except CallFailed as failure:
            raise AltegioUnavailable(f"{call}: {failure}") from None
        if answer.is_early or answer.is_doubtful:
            raise AltegioUnavailable(f"{call}: an answer came that may be to another request", status=answer.status)
        return Answer(answer.status, _parse(answer.content), answer.retry_after, answer.content)

    def send(self, method: str, path: str, body: Mapping[str, Any], *, call: str) -> Answer:
        """Returns what was answered to a change. Raises OutcomeUnknown where it began to leave and nothing tells its end,
        AltegioUnavailable where nothing left, NoRights when a token cannot be one.
        """
        if self._wrong_token:
            raise NoRights(self._wrong_token)
        content = json.dumps(body, ensure_ascii=False, default=float).encode()
        try:
            with self._wire.exchange(method, f"{self._base_url}{path}", content) as exchange:
                answer = exchange.answer
        except NotSent as failure:
            raise AltegioUnavailable(f"{call}: {failure}") from None
        except CallFailed as failure:
            raise OutcomeUnknown(f"{call}: {failure}") from None
        parsed = _parse(answer.content)
        is_told = isinstance(parsed, dict) and "success" in parsed and answer.status < _SERVER_FAULT
        if answer.is_doubtful or (not is_told and answer.status not in _NOTHING_DONE):
            raise OutcomeUnknown(f"{call}: no answer that tells what became of it", status=answer.status)
        return Answer(answer.status, parsed, answer.retry_after, answer.content)

    def distrust(self) -> None:
        """Closes the kept connections: an answer was another request's, and those to come would be as well."""
        self._wire.forget_connections()

    def close(self) -> None:
        """Closes the connections."""
        self._wire.close()


def read_tokens(settings: Settings) -> tuple[str, str]:
    """Returns the partner's token and the user's, each empty where it is not set."""
    tokens = (settings.altegio_partner_token, settings.altegio_user_token)
    partner, user = (token.get_secret_value().strip() for token in tokens)
    return partner, user


def _find_wrong_token(partner: str, user: str) -> str:
    """What is wrong with which of them, or nothing."""
    for name, token in (("ALTEGIO_PARTNER_TOKEN", partner), ("ALTEGIO_USER_TOKEN", user)):
        if not _TOKEN.fullmatch(token):
            return f"{name} is {'not a token: it has spaces or letters no token has' if token else 'not set'}"
    return ""


def _parse(content: bytes) -> Any:
    try:
        return clean(load_json(content))
    except (ValueError, ArithmeticError, RecursionError):  # no JSON, or numbers beyond any sum
        return None
