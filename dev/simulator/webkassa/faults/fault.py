"""The orders a register takes for going wrong, and what becomes of the answer of each."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from dev.simulator import faults
from dev.simulator.faults import ON_THE_WAY, Spoil, answer
from dev.simulator.webkassa.errors import Refusal
from dev.simulator.webkassa.faults.documents import answer_for_another, change
from dev.simulator.webkassa.operations import OPERATIONS
from dev.simulator.wire import Reply, html_reply, json_reply


def _show_page(status: int | None = None) -> Spoil:
    def build(fault: "Fault") -> Reply:
        code = status or fault.status
        return html_reply(fault.text or f"{code}: service is being updated", code, fault.get_headers())

    return answer(build)


def _refuse(fault: "Fault") -> Reply:
    return json_reply(Refusal(fault.code, fault.text).as_answer(), headers=fault.get_headers())


def _say(fault: "Fault") -> Reply:
    return json_reply(fault.body, fault.status, fault.get_headers())


class Fault(faults.Fault):
    kinds: ClassVar[Mapping[str, Spoil]] = {
        **ON_THE_WAY,
        "html_500": _show_page(500),
        "html_502": _show_page(502),
        "html_503": _show_page(503),
        "text_200": _show_page(200),
        "http_505": _show_page(505),
        "429": _show_page(429),
        # A page with `status`, as gateways and captive portals show it.
        "page": _show_page(),
        "code": answer(_refuse),
        # `body` as JSON with `status`.
        "json": answer(_say),
        "changed": change,
        "foreign": answer_for_another(),
        "foreign_14": answer_for_another(Errors=[{"Code": 14, "Text": "Чек с внешним номером уже присутствует в системе"}]),
    }
    operations = frozenset(OPERATIONS)

    when: Literal["before", "after"] = "before"
    cashbox: str | None = None
    code: int = -1
    text: str | None = None
    alternatives: str | None = None
    status: int = Field(200, ge=200, le=599)
    # Where a redirect leads.
    location: str | None = None
    # `Retry-After` as a date instead of seconds.
    dated: bool = False
    body: Any = None
    # Replace what `Data` says, also within its objects; None in `errors`: none stand beside it.
    changes: dict[str, Any] = Field(default_factory=dict)
    errors: list[Any] | None = None
    # The external number of the receipt that is answered instead; the newest of the same total without it.
    document: str | None = None

    def get_headers(self) -> dict[str, str]:
        told = {"AlternativeDomainNames": self.alternatives, "Location": self.location, "Retry-After": self._get_pause()}
        return {name: value for name, value in told.items() if value}

    def _get_pause(self) -> str | None:
        if self.retry_after is None or not self.dated:
            return None if self.retry_after is None else str(self.retry_after)
        return format_datetime(datetime.now(UTC) + timedelta(seconds=self.retry_after), usegmt=True)
