"""Makes and reads the secret in a salon's own webhook address. Pure.

It names the salon and its generation, so that the door needs no look-up to know whose it is: `307626-1-<mac>`.
"""

import base64
import hmac
import re
from collections.abc import Sequence
from typing import NamedTuple

_PURPOSE = b"altegio-webkassa webhook secret"
_SHAPE = re.compile(r"([1-9][0-9]{0,18})-([1-9][0-9]{0,5})-([a-z2-7]{26})")


class SalonSecret(NamedTuple):
    """Holds what a salon's secret says. Each rotation is a generation."""

    company_id: int
    generation: int


def make_webhook_secret(key: str, salon: SalonSecret) -> str:
    """Returns the secret that only holders of the key can make."""
    mac = hmac.digest(key.encode(), b"%s %d %d" % (_PURPOSE, *salon), "sha256")
    return f"{salon.company_id}-{salon.generation}-{base64.b32encode(mac[:16]).decode().lower()[:26]}"


def read_webhook_secret(keys: Sequence[str], text: str) -> SalonSecret | None:
    """Returns what a secret says, None for one that was made with none of the keys. Compared in constant time."""
    shape = _SHAPE.fullmatch(text)
    if shape is None:
        return None
    salon = SalonSecret(int(shape[1]), int(shape[2]))
    is_ours = [hmac.compare_digest(make_webhook_secret(key, salon).encode(), text.encode()) for key in keys]
    return salon if any(is_ours) else None


def build_webhook_address(host: str, secret: str) -> str:
    """Returns the address that goes into Altegio's settings. Nothing may log it: who knows it can post."""
    return f"{host.rstrip('/')}/api/webhook/{secret}"
