"""What can go wrong with Altegio's answers. The call itself has been served by then.

Unless a fault is ordered `before`, or is a refusal: then nothing was done.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from dev.simulator import faults
from dev.simulator.altegio.rest.routes import OPERATIONS
from dev.simulator.faults import ON_THE_WAY, Spoil, answer
from dev.simulator.wire import Ending, Reply, html_reply, json_reply

TOO_MANY = "Too many requests"
REFUSALS = frozenset({"429", "403", "409", "refused_200"})


def refuse(meta: object, status: int = 200, headers: dict[str, str] | None = None) -> Reply:
    return json_reply({"success": False, "data": None, "meta": meta}, status, headers)


def limit(retry_after: int | None) -> Ending:
    """Status and words are assumed: that there is a refusal is known."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Ending("limited", refuse({"message": TOO_MANY}, 429, headers))


class Fault(faults.Fault):
    kinds: ClassVar[Mapping[str, Spoil]] = {
        **ON_THE_WAY,
        "html_502": answer(lambda _: html_reply("502 Bad Gateway", 502)),
        "500": answer(lambda _: refuse({"message": "Internal server error"}, 500)),
        "refused_200": answer(lambda _: refuse({"message": "An error has occurred."})),
        "429": lambda fault, *_: limit(fault.retry_after),
        "403": answer(lambda _: refuse({"message": "Access denied."}, 403)),
        "409": answer(lambda _: refuse({"message": "The time is taken"}, 409)),
    }
    operations = OPERATIONS

    operation: str = "any"
    location: int | None = None
    # Whether what was asked for has been done when the answer goes wrong.
    when: Literal["before", "after"] = "after"

    @property
    def prevents(self) -> bool:
        """Nothing is done then."""
        return self.when == "before" or self.kind in REFUSALS
