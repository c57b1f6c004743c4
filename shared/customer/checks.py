"""Checks the settings of the ways to customers. Each raises ValueError that does not repeat what it was given. Pure."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

# Scheme of SMTP_URL -> the port where it names none.
SMTP_PORTS: Final[Mapping[str, int]] = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
# Stands for the digits of the customer's number in SMS_URL.
PHONE: Final = "{phone}"


def check_smtp_url(url: str) -> None:
    """Accepts the address of an SMTP server."""
    parts = urlsplit(url)
    if parts.scheme not in SMTP_PORTS or not parts.hostname or parts.path.strip("/"):
        raise ValueError("must be smtp, smtp+starttls or smtps, as in smtp+starttls://user:password@host:587")


def check_sms_url(url: str) -> None:
    """Accepts an address of Apprise's that has a place for the number."""
    if PHONE not in url or "://" not in url:
        raise ValueError(f"must be an address of Apprise's with {PHONE} where the number goes")


def check_web_url(url: str) -> None:
    """Accepts an address that can be posted to."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address such as https://example.kz/receipts")
