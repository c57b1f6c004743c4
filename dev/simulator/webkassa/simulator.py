"""Everything one running Webkassa consists of, without its sockets."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from dev.simulator import simulator
from dev.simulator.simulator import Body, Meet, Query
from dev.simulator.webkassa.access import Flights
from dev.simulator.webkassa.answers import build_ledger_row, pick
from dev.simulator.webkassa.calls import Call, read_call
from dev.simulator.webkassa.clock import Clock
from dev.simulator.webkassa.errors import NOT_SEQUENTIAL, Refusal
from dev.simulator.webkassa.faults import Fault
from dev.simulator.webkassa.ledger import Cashbox
from dev.simulator.webkassa.operations import READ_ONLY, perform
from dev.simulator.webkassa.register import Register
from dev.simulator.webkassa.settings import Settings
from dev.simulator.webkassa.styles import restyle
from dev.simulator.wire import Ending, Reply, Request, html_reply, json_reply

# What a cut answer is cut from when nothing was done that could be answered.
UNFINISHED = Ending("", Reply(b'{"Data":{"CheckNumber":"1000000000000","DateTime":"01.01.2026 00:00:00"}}'))


class Webkassa(simulator.Simulator[Settings, Call]):
    """The cash registers of one organisation: what was issued is never forgotten, and nothing wrong is issued."""

    name, fault = "webkassa", Fault

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.clock, self.flights = Clock(), Flights()
        self.register = Register(settings, self.clock)
        self.actions = {
            ("GET", "receipts"): self._list_receipts,
            ("POST", "clock"): self._move_clock,
            ("POST", "cashboxes/register"): self._register_anew,
            ("POST", "tokens/revoke"): self._locked(self.register.sessions.revoke_all),
            ("POST", "tokens/expire"): self._locked(self.register.sessions.expire_all),
        }

    def receive(self, request: Request) -> Call:
        return read_call(request, self.register)

    def handle(self, call: Call, meet: Meet) -> Ending:
        ending = self._take_turn(call, meet)
        return replace(ending, reply=restyle(ending.reply, self.settings))

    def _take_turn(self, call: Call, meet: Meet) -> Ending:
        """The cashbox is free again before the first byte of the answer leaves."""
        if call.status != 200:
            return Ending(f"error:{call.status}", html_reply(f"{call.status}: no such method", call.status))
        with self.flights.hold(call.cashbox_number) as is_free:
            if is_free:
                return self._serve(call, meet)
            call.entry.told["overlapped"] = True
            return _refuse(Refusal(9, NOT_SEQUENTIAL))

    def _serve(self, call: Call, meet: Meet) -> Ending:
        before = meet(when="before", cashbox=call.cashbox_number)
        if before and before.kind != "slow":
            return before.spoil(UNFINISHED, call)
        self.delay()
        try:
            ending, did_something = self._perform(call), True
        except Refusal as refusal:
            is_harmless = call.problem is None and call.entry.operation in READ_ONLY
            ending, did_something = _refuse(refusal), is_harmless or refusal.data is not None
        # A fault "after" a call waits for one that did something.
        after = meet(when="after", cashbox=call.cashbox_number) if did_something else None
        return after.spoil(ending, call) if after else ending

    def _perform(self, call: Call) -> Ending:
        """Raises Refusal. Successes were seen with no Errors, with null and with an empty list."""
        if call.problem:
            raise call.problem
        answer, style = {"Data": perform(call)}, self.settings.errors_style
        if style != "absent":
            answer["Errors"] = None if style == "null" else []
        return Ending("data", json_reply(answer))

    def change_settings(self, changes: Body) -> None:
        with self.register.lock:
            super().change_settings(changes)
            self.register.follow(self.settings)

    def reset(self) -> None:
        """With an empty ledger."""
        with self.register.lock:
            super().reset()
            self.clock.move({"reset": True})
            self.flights.clear()
            self.register.reset(self.settings)

    def close(self) -> None:
        super().close()
        with self.register.lock:
            self.register.state_file.close()

    def describe(self) -> dict[str, Any]:
        with self.register.lock:
            return {
                "overlaps": self.flights.overlaps,
                "at_work": self.flights.count(),
                "receipts": len(self.register.receipts),
                "by_operation": self.journal.count("operation"),
                "now": self.clock.now().isoformat(),
                "cashboxes": [_describe_cashbox(item) for item in self.register.cashboxes.values()],
                "settings": self.settings.describe(),
            }

    def _list_receipts(self, query: Query, _body: Body) -> Any:
        cashbox, external = query.get("cashbox"), query.get("external")
        with self.register.lock:
            receipts = list(self.register.receipts)
        return [
            build_ledger_row(receipt)
            for receipt in receipts
            if cashbox in {None, receipt.cashbox.number} and external in {None, receipt.external_number}
        ]

    def _register_anew(self, _query: Query, body: Body) -> Any:
        with self.register.lock:
            return {"registration_number": self.register.register_anew(str(body["cashbox"])).registration_number}

    def _move_clock(self, _query: Query, body: Body) -> Any:
        self.clock.move(body)
        return {"now": self.clock.now().isoformat()}

    def _locked(self, act: Callable[[], None]) -> Callable[[Query, Body], None]:
        def run(_query: Query, _body: Body) -> None:
            with self.register.lock:
                act()

        return run


def _refuse(refusal: Refusal) -> Ending:
    return Ending(f"error:{refusal.code}", json_reply(refusal.as_answer()))


def _describe_cashbox(cashbox: Cashbox) -> dict[str, Any]:
    shift = cashbox.find_open_shift()
    return {
        **pick(cashbox, number="number", registration_number="registration_number", receipts="receipt_count"),
        "shift": len(cashbox.shifts),
        "open": shift is not None,
        "opened_at": shift.opened_at.isoformat() if shift else None,
        "drawer": str(cashbox.drawer),
    }
