"""Signs the link that shows all of one delivery's status to whoever posted it."""

import base64
import hmac
from collections.abc import Sequence

_PURPOSE = b"altegio-webkassa status"


class StatusLinks:
    """Makes and checks the links. `keys`: the first signs, each opens; `base` is the service's public address, if known."""

    def __init__(self, keys: Sequence[str], base: str = "") -> None:
        self._keys = [key.encode() for key in keys]
        self._base = base.rstrip("/")

    def make(self, row_id: int | None) -> str | None:
        """Returns the link to a stored delivery, None without one or without a key."""
        if row_id is None or not self._keys:
            return None
        return f"{self._base}/api/webhook/status/{row_id}?proof={_sign(self._keys[0], row_id)}"

    def is_proof(self, row_id: int, proof: str | None) -> bool:
        """Says whether a link's proof is that of this delivery. Compared in constant time."""
        if not proof:
            return False
        given = proof.encode("utf-8", "surrogateescape")
        return any(hmac.compare_digest(_sign(key, row_id).encode(), given) for key in self._keys)


def _sign(key: bytes, row_id: int) -> str:
    mac = hmac.digest(key, b"%s %d" % (_PURPOSE, row_id), "sha256")
    return base64.urlsafe_b64encode(mac[:18]).decode()
