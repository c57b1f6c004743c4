"""Pages of the wire: the feed, narrowed and searched, one delivery, replays, health."""

from dev.bench.acquire.rooms import FIRST_DOCUMENT
from dev.bench.acquire.visitor import Visit, ask, ask_all
from dev.bench.material.backlog import FIRST_COMPANY
from dev.bench.material.past import DELIVERIES_OF_A_VISIT, FIRST_PAST_RECORD, Past

_STATES = ("received", "processing", "processed", "ignored", "awaiting_payment", "retrying", "dead_lettered", "invalid")
_NARROWED = (
    *(f"state={state}" for state in _STATES),
    "code=7",
    "code=9",
    f"salon={FIRST_COMPANY}",
    "code=9&salon=412077",
    f"state=dead_lettered&salon={FIRST_COMPANY}&code=7",
    f"state=retrying&salon={FIRST_COMPANY}",
)


def list_wire_pages(past: Past) -> dict[str, Visit]:
    """Name -> how it is asked for."""
    deliveries = past.visits * DELIVERIES_OF_A_VISIT
    return {
        "the wire": ask("/acquire/wire"),
        "the wire, far back": lambda visitor, number: visitor.get(f"/acquire/wire?before={1 + number * 37 % deliveries}"),
        **ask_all({f"the wire: {query}": f"/acquire/wire?{query}" for query in _NARROWED}),
        "the wire: a visit's number": lambda visitor, number: visitor.search_wire(
            str(FIRST_PAST_RECORD + number * 37 % past.visits)
        ),
        "the wire: a document's number": lambda visitor, number: visitor.search_wire(str(FIRST_DOCUMENT + 1 + number)),
        "the wire: a fiscal number": lambda visitor, number: visitor.search_wire(f"33{FIRST_PAST_RECORD + number * 370}"),
        "the wire: a number of nothing": lambda visitor, number: visitor.search_wire(str(10**15 + number)),
        "a delivery": lambda visitor, number: visitor.get(f"/acquire/wire/{1 + number * 37 % deliveries}"),
        "replays": ask("/acquire/wire/replay"),
        "health": ask("/acquire/wire/health"),
    }
