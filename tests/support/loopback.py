"""The tests may talk to this machine only. An attempt to leave it is an error in the test that makes it."""

import ipaddress
import sys
from typing import Any


class LeftThisMachine(AssertionError):
    """Something connected to an address outside loopback."""


def forbid_other_addresses() -> None:
    """For the whole process: Python offers no way to take an audit hook back."""
    sys.addaudithook(_inspect)


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _inspect(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect":
        return
    address = arguments[1]
    # A Unix socket's address is a path.
    if isinstance(address, tuple) and not is_loopback(str(address[0])):
        raise LeftThisMachine(f"a test tried to connect to {address[0]}")
