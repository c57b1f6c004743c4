"""What can go wrong at the register: before a call has done anything, or after."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from dev.simulator import faults
from dev.simulator.faults import ON_THE_WAY, Spoil, answer
from dev.simulator.webkassa.errors import Refusal
from dev.simulator.webkassa.operations import OPERATIONS
from dev.simulator.wire import Reply, html_reply, json_reply


def _show_page(status: int) -> Spoil:
    def build(fault: "Fault") -> Reply:
        return html_reply(fault.text or f"{status}: service is being updated", status, fault.get_headers())

    return answer(build)


def _refuse(fault: "Fault") -> Reply:
    return json_reply(Refusal(fault.code, fault.text).as_answer(), headers=fault.get_headers())


def _limit(fault: "Fault") -> Reply:
    pause = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    return html_reply("429 Too Many Requests", 429, fault.get_headers() | pause)


class Fault(faults.Fault):
    kinds: ClassVar[Mapping[str, Spoil]] = {
        **ON_THE_WAY,
        "html_500": _show_page(500),
        "html_502": _show_page(502),
        "html_503": _show_page(503),
        "text_200": _show_page(200),
        "http_505": _show_page(505),
        "code": answer(_refuse),
        "429": answer(_limit),
    }
    operations = frozenset(OPERATIONS)

    when: Literal["before", "after"] = "before"
    cashbox: str | None = None
    code: int = -1
    text: str | None = None
    alternatives: str | None = None

    def get_headers(self) -> dict[str, str]:
        told = {"AlternativeDomainNames": self.alternatives}
        return {name: value for name, value in told.items() if value}
