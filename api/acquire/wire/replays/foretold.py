"""Says in words what a worker foretold of a delivery. Pure."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from api.acquire.wire.masks import mask_words
from api.acquire.wire.words.labels import FORETOLD, STATES, Label
from api.acquire.wire.words.reasons import Said, explain_reason
from api.acquire.words.kinds import KIND_LABELS
from api.acquire.words.text import Text
from shared.storage.models.wire.replay_item import Foretold

# Where the label says all that the reason would.
_WITHOUT_REASON = (Foretold.ISSUE, Foretold.ASK_FIRST, Foretold.NOT_POSSIBLE)
_ASKED = {
    "delivery": Text("delivery %(value)s"),
    "code": Text("code %(value)s"),
    "salon": Text("salon %(value)s"),
    "since": Text("from %(value)s"),
    "until": Text("until %(value)s"),
}


def find_label(foretold: Mapping[str, Any] | None) -> Label | None:
    """Returns what would happen, in short; None while nobody has found out."""
    return FORETOLD.get(foretold["kind"]) if foretold is not None else None


def explain(foretold: Mapping[str, Any] | None) -> Iterator[Said]:
    """Yields lines that say it exactly: the receipts with their sums, the reason, and what is not certain."""
    if foretold is None:
        return
    for receipt in foretold.get("receipts") or ():
        yield Text(
            "%(number)s for %(sum)s, %(kinds)s",
            number=receipt["number"],
            sum=Decimal(receipt["total"]),
            kinds=_name_kinds(receipt["kinds"]),
        )
    reason = explain_reason(mask_words(foretold.get("reason")))
    if reason and foretold["kind"] not in _WITHOUT_REASON:
        yield reason
    if foretold.get("refused"):
        yield Text("Webkassa refused it the last time, and may again: %(why)s", why=mask_words(foretold["refused"]))
    if foretold.get("asks_altegio"):
        yield Text("Altegio is asked before that, and may say something else.")


def say_asked(asked: Mapping[str, str]) -> list[Said]:
    """Returns what the deliveries of a replay were chosen by."""
    said: list[Said] = [STATES[asked["state"]].text] if asked.get("state") in STATES else []
    for name, text in _ASKED.items():
        if name in asked:
            said.append(Text(text.msgid, value=asked[name]))
    return said


def _name_kinds(kinds: Mapping[str, str]) -> Said:
    first, *rest = [KIND_LABELS.get(kind, kind) for kind in kinds] or [Text("no payment")]
    named: Said = first
    for kind in rest:
        named = Text("%(first)s and %(rest)s", first=named, rest=kind)
    return named
