"""Holds what came back to a request, and reads the header that says when to come again."""

import re
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from shared.clock import utc_now

MAX_ANSWER_BYTES = 8 * 1024 * 1024
# Nobody is asked to stay away for longer by a header alone: dates are wrong, and zeros are added by mistake.
MAX_RETRY_AFTER_SECONDS = 3600.0
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


class Answer(NamedTuple):
    """Holds an answer, whoever sent it. The names of `headers` are in small letters.

    `is_early`: it came before the request had left, which nobody can have carried out then. `is_doubtful`: more came behind
    it, on a connection that had carried another request, so nobody can say which of the two is whose.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    is_early: bool = False
    is_doubtful: bool = False

    @property
    def retry_after(self) -> float | None:
        """Returns the seconds that were asked for, at most an hour; None without a time that is still to come."""
        value = self.headers.get("retry-after", "").strip()
        seconds = float(value) if _SECONDS.fullmatch(value) else self._seconds_until(_read_date(value))
        return None if seconds is None else min(seconds, MAX_RETRY_AFTER_SECONDS)

    def _seconds_until(self, moment: datetime | None) -> float | None:
        """By the sender's own clock where it tells: ours may be another."""
        if moment is None:
            return None
        seconds = (moment - (_read_date(self.headers.get("date", "")) or utc_now())).total_seconds()
        return seconds if seconds > 0 else None


def unpack(content: bytes, encoding: str) -> bytes:
    """Returns a body as it was before it was packed. Raises ValueError, also for one that would never end."""
    if encoding.strip().lower() not in ("gzip", "x-gzip", "deflate"):
        return content
    unpacker = zlib.decompressobj(wbits=47)  # either header
    try:
        unpacked = unpacker.decompress(content, MAX_ANSWER_BYTES)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not unpacker.eof:
        raise ValueError("a packed body that does not end")
    return unpacked


def _read_date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
