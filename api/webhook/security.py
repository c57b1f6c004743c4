"""Checks who may post: a secret in the URL, or an HMAC of the raw body. Altegio itself signs nothing that is documented."""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Sequence

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from shared.salon.webhook_secret import SalonSecret, read_webhook_secret

MAX_BODY_BYTES = 1024 * 1024
SECRET_HEADER = "X-Webhook-Secret"  # noqa: S105 -- the name of a header

# Says whether a salon's secret is still in force.
InForce = Callable[[SalonSecret], bool]


class BadSecret(Exception):
    """Raised where neither the path nor the signature proves that the sender knows the secret."""


class ForeignSalon(Exception):
    """Raised for a webhook of another salon than the one its address belongs to."""

    def __init__(self, company_id: int) -> None:
        super().__init__(f"this address takes webhooks of company {company_id} alone")


class BodyTooLarge(Exception):
    """Raised for more bytes than any webhook has: 1 MiB."""


class Scope:
    """Says whose webhooks a secret opens: those of one salon, or of all (`company_id` None)."""

    __slots__ = ("company_id",)

    def __init__(self, company_id: int | None = None) -> None:
        self.company_id = company_id

    def check(self, companies: Iterable[int | None]) -> None:
        """Raises ForeignSalon. A webhook that names no salon cannot be read, and is kept as such."""
        if self.company_id is not None and any(company not in (None, self.company_id) for company in companies):
            raise ForeignSalon(self.company_id)


ALL_SALONS = Scope()


async def read_body(receive: Receive, declared: bytes) -> bytes:
    """Returns the raw bytes, whatever the content type says. Raises BodyTooLarge, ClientDisconnect."""
    if declared.isdigit() and int(declared) > MAX_BODY_BYTES:
        raise BodyTooLarge
    body, has_more = b"", True
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise BodyTooLarge
        has_more = message.get("more_body", False)
    return body


class Doorman:
    """Knows the secrets in force: two while one is being rotated out. Without any, `open_to_all` decides.

    Each salon may have a secret of its own, made with one of `keys`, which opens nothing but its own webhooks.
    """

    def __init__(
        self,
        secrets: Sequence[str],
        *,
        open_to_all: bool,
        keys: Sequence[str] = (),
        is_in_force: InForce = lambda _: True,
    ) -> None:
        self._secrets = [secret.encode() for secret in secrets]
        self._is_open = open_to_all and not secrets
        self._keys = keys
        self._is_in_force = is_in_force

    def find_scope(self, secret: str | None) -> Scope | None:
        """Returns what a secret opens, None for a wrong one or none. Compared in constant time."""
        if self._is_open:
            return ALL_SALONS
        if secret is None:
            return None
        given = secret.encode("utf-8", "surrogateescape")
        if any(hmac.compare_digest(given, known) for known in self._secrets):
            return ALL_SALONS
        salon = read_webhook_secret(self._keys, secret)
        return Scope(salon.company_id) if salon is not None and self._is_in_force(salon) else None

    def check_signature(self, signature: bytes, body: bytes) -> Scope:
        """Returns what a signature opens: the hex HMAC-SHA256 of the body, with or without `sha256=`. Raises BadSecret."""
        given = signature.strip().lower().removeprefix(b"sha256=")
        expected = [hmac.new(secret, body, hashlib.sha256).hexdigest().encode() for secret in self._secrets]
        if not any(hmac.compare_digest(given, one) for one in expected):
            raise BadSecret
        return ALL_SALONS
