"""Whom a receipt's official link may lead to, and what the page behind it says. Pure.

Known operators only, by the exact name of the host: a link comes from an answer, and must lead nowhere else.
"""

import html
import re
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import urlsplit

from shared.storage.models.write_back.states import CheckState

# Pages for consumers of the operators that Webkassa works with: Kazakhtelecom, Transtelecom, Jusan Mobile, WOFD.
OPERATORS: tuple[str, ...] = (
    "consumer.oofd.kz",
    "ofd1.kz",
    "consumer.kofd.kz",
    "cabinet.kofd.kz",
    "consumer.wofd.kz",
    "cabinet.wofd.kz",
)
MAX_PAGE_BYTES = 512 * 1024
_PLAIN = re.compile(r"[!-~]*")
_TAG = re.compile(r"(?s)<(script|style)\b.*?</\1>|<[^>]*>")
_NUMBER = re.compile(r"\d[\d\s\u00a0\u202f.,]*")
_DENIED = re.compile(r"не\s+найден|not\s+found|табылмады|отсутству", re.IGNORECASE)
_FOUND, _GONE = 200, (404, 410)


def list_hosts(words: str) -> Mapping[str, str]:
    """Returns host (with its port) -> the address to ask: the operators, or those of OPERATOR_HOSTS instead.

    Over TLS, unless a host of the setting says `http://`.
    """
    named = [word.strip().rstrip("/") for word in words.split(",") if word.strip()] or OPERATORS
    addresses = [name if "://" in name else f"https://{name}" for name in named]
    return {urlsplit(address).netloc.lower(): address for address in addresses}


def find_address(url: str | None, hosts: Mapping[str, str]) -> tuple[str, str] | None:
    """Returns host and address of a receipt's page; None where the link leads to nobody we know."""
    try:
        parts = urlsplit(url or "")
        host = parts.netloc.lower().removesuffix(":443" if parts.scheme == "https" else ":80")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or host not in hosts or not _PLAIN.fullmatch(f"{parts.path}{parts.query}"):
        return None
    query = f"?{parts.query}" if parts.query else ""
    return host, f"{hosts[host]}{parts.path or '/'}{query}"


def read_page(status: int, content: bytes, fiscal_number: str, total: Decimal) -> tuple[CheckState, str]:
    """Returns what a page says of a receipt, and in words why. One that is built in the browser says nothing here."""
    if status in _GONE:
        return CheckState.UNKNOWN, f"HTTP {status}"
    if status != _FOUND:
        return CheckState.MUTE, f"HTTP {status}"
    text = html.unescape(_TAG.sub(" ", content[:MAX_PAGE_BYTES].decode("utf-8", "replace")))
    if fiscal_number not in text:
        is_denied = bool(_DENIED.search(text))
        return (
            (CheckState.UNKNOWN, "the page does not know it")
            if is_denied
            else (CheckState.MUTE, "the page does not name it")
        )
    if total in _list_sums(text):
        return CheckState.CONFIRMED, "number and sum are there"
    return CheckState.DIFFERS, f"the page names it, and nowhere the sum of {total:.2f}"


def _list_sums(text: str) -> set[Decimal]:
    """Every number of a page, with blanks between its thousands and a comma or point before its tiyn."""
    found = set[Decimal]()
    for number in _NUMBER.findall(text):
        plain = re.sub(r"[\s\u00a0\u202f]", "", number).strip(".,")
        whole, mark, tiyn = re.match(r"(.*?)([.,]?)(\d{0,2})$", plain).groups() if plain else ("", "", "")  # type: ignore[union-attr]
        digits = re.sub(r"[.,]", "", whole if mark else plain)
        if digits.isdecimal() and len(digits) <= 15:
            found.add(Decimal(f"{digits}.{tiyn}" if mark and tiyn else digits))
        parts = re.split(r"[\s\u00a0\u202f]+", number.strip(" .,"))
        found.update(Decimal(part.replace(",", ".")) for part in parts if re.fullmatch(r"\d{1,15}([.,]\d{1,2})?", part))
    return found
