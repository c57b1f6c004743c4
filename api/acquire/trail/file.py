"""Writes the trail as a file."""

from collections.abc import Sequence

from api.acquire.trail.views import EventView
from api.acquire.words.i18n import Speaker
from api.acquire.words.text import Text
from shared.books.csv_file import write_csv

_HEADERS = {
    "at": Text("When"),
    "by": Text("Who"),
    "address": Text("Address"),
    "action": Text("What"),
    "subject": Text("Details"),
    "sums": Text("Sums"),
}


def write_trail(events: Sequence[EventView], speaker: Speaker) -> bytes:
    """Returns the lines as CSV, in the reader's language."""
    header = [speaker.say(text) for text in _HEADERS.values()]
    return write_csv(header, list(_HEADERS), (_say(event, speaker) for event in events)).encode()


def _say(event: EventView, speaker: Speaker) -> dict[str, str]:
    sums = (f"{speaker.say(label)} {amount}".strip() for label, amount in event.sums)
    return {
        "at": speaker.moment(event.at),
        "by": speaker.say(event.by),
        "address": event.address or "",
        "action": speaker.say(event.action),
        "subject": f"{speaker.say(event.label)} {speaker.say(event.name)}".strip(),
        "sums": "; ".join(sums),
    }
