"""Words what a sender is told when nothing of a request was stored."""

from dataclasses import dataclass
from typing import Any

import msgspec

from api.webhook.envelopes import NotJson
from api.webhook.salon_limit import SalonTooFast
from api.webhook.security import BadSecret, BodyTooLarge, ForeignSalon
from api.webhook.store.batch_writer import StoreUnavailable

Headers = tuple[tuple[bytes, bytes], ...]
RETRY_AFTER: Headers = ((b"retry-after", b"2"),)
# The rest of the body is not read, so the connection cannot serve another request.
CLOSE: Headers = ((b"connection", b"close"),)


@dataclass(frozen=True, slots=True)
class Answer:
    """Holds an answer to be sent; `body` is JSON."""

    status: int
    body: bytes
    headers: Headers = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Holds a refusal: `outcome` is its name in the metrics, `reason` what the log says."""

    outcome: str
    reason: str
    answer: Answer


REFUSED = (NotJson, BadSecret, ForeignSalon, BodyTooLarge, SalonTooFast, StoreUnavailable)


def refuse(error: Exception) -> Refusal:
    """Returns the refusal for one of REFUSED; raises any other error again."""
    match error:
        case BadSecret():
            return Refusal("bad_secret", "bad secret", _answer(401, "wrong or missing secret", CLOSE))
        case ForeignSalon():
            return Refusal("foreign_salon", str(error), _answer(401, str(error)))
        case BodyTooLarge():
            return Refusal("too_large", "too large", _answer(413, "the body is larger than 1 MiB", CLOSE))
        case SalonTooFast():
            return Refusal("too_fast", str(error), _answer(429, str(error), RETRY_AFTER))
        case StoreUnavailable():
            return Refusal("not_stored", str(error), _answer(503, str(error), RETRY_AFTER))
        case NotJson():
            # What was read may hold a name: the log does without it.
            return Refusal("not_json", "not json", _answer(400, str(error)))
    raise error


def _answer(status: int, message: str, headers: Headers = ()) -> Answer:
    told: dict[str, Any] = {"success": False, "message": message, "record_id": None}
    return Answer(status, msgspec.json.encode(told), headers)
