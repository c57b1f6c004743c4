"""Chooses among the spare hosts that an answer names: login, password and key are for hosts of the configured domain."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from shared.logging import get_logger

log = get_logger(__name__)

# Each may cost a whole call of time, with the cashbox waiting.
MAX_SPARES = 5

# Nothing but a name and a port: what else can stand in an address makes one host look like another.
_HOST = re.compile(r"(?:https?://)?([a-z0-9-]+(?:\.[a-z0-9-]+)*|\[[0-9a-f:.]+\])(:\d{1,5})?/*", re.IGNORECASE | re.ASCII)
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)", re.IGNORECASE | re.ASCII)
LONGEST_NAME, HIGHEST_PORT = 253, 65535
# Names under which countries let everybody register, as in com.kz.
_OPEN_TO_ALL = frozenset(("com", "org", "net", "edu", "gov", "mil", "co", "ac", "or", "ne", "go"))


def choose_spares(base_url: str, hosts: Iterable[str]) -> list[str]:
    """Returns the addresses of those hosts that may be called, each once, never less safe than the configured one."""
    return list(dict.fromkeys(_find_spares(base_url, hosts)))[:MAX_SPARES]


def _find_spares(base_url: str, hosts: Iterable[str]) -> Iterator[str]:
    configured = urlsplit(base_url)
    for host in hosts:
        found = _HOST.fullmatch(host)
        if (
            found is None
            or not _can_be_called(found[1], found[2])
            or not _is_ours((configured.hostname or "").lower(), found[1].strip("[]").lower())
        ):
            log.warning("spare host is not of the configured domain, not called", host=host[:100])
            continue
        yield f"{configured.scheme}://{found[1].lower()}{found[2] or ''}"


def _can_be_called(name: str, port: str | None) -> bool:
    """Tells whether a resolver and a socket take it; else the call would end with an error that nobody expects."""
    is_name = name.startswith("[") or all(map(_LABEL.fullmatch, name.split(".")))
    return is_name and len(name) <= LONGEST_NAME and (port is None or 0 < int(port[1:]) <= HIGHEST_PORT)


def _is_ours(configured: str, host: str) -> bool:
    """Below the parent of the configured host: with api.webkassa.kz all of webkassa.kz. Of a bare name only itself."""
    if host == configured:
        return True
    return "." in configured and not _is_number(configured) and host.endswith(f".{_domain_of(configured)}")


def _domain_of(host: str) -> str:
    """The parent, or the host itself where its parent is open to everybody."""
    parent = host.split(".")[1:]
    is_open = len(parent) < 2 or (len(parent) == 2 and len(parent[1]) == 2 and parent[0] in _OPEN_TO_ALL)
    return host if is_open else ".".join(parent)


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
