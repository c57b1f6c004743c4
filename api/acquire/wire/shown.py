"""Remembers in a sealed word of the address that one session may see personal data of one delivery for a while."""

import time

from api.acquire.access.auth import Staff
from api.acquire.access.signing import get_secret, seal, unseal
from shared.config import Settings

LASTS_SECONDS = 600
_PURPOSE = "wire shown"


def allow_showing(settings: Settings, staff: Staff, delivery_id: int) -> str:
    """Returns the word that lets this session see personal data of this delivery for ten minutes."""
    until = int(time.time()) + LASTS_SECONDS
    return seal(get_secret(settings), _PURPOSE, f"{delivery_id}-{staff.session_id}-{until}")


def may_see(settings: Settings, staff: Staff, delivery_id: int, sealed: str) -> bool:
    """Says whether the word of an address is such a one, and still good."""
    value = unseal(get_secret(settings), _PURPOSE, sealed)
    delivery, _, rest = (value or "").partition("-")
    session, _, until = rest.partition("-")
    is_mine = (delivery, session) == (str(delivery_id), str(staff.session_id))
    return staff.may_replay and is_mine and int(until) > time.time()
