"""Everything one running server consists of, without its sockets."""

import re
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from dev.simulator import simulator
from dev.simulator.altegio.rest.courier import Courier
from dev.simulator.altegio.rest.endpoints import ENDPOINTS, NOT_FOUND, Call, Refusal
from dev.simulator.altegio.rest.faults import Fault, limit, refuse
from dev.simulator.altegio.rest.limits import Limiter
from dev.simulator.altegio.rest.routes import find_route
from dev.simulator.altegio.rest.settings import Settings
from dev.simulator.altegio.rest.state import RECORD, State, Stored
from dev.simulator.altegio.rest.views import write_amounts_as_text
from dev.simulator.altegio.rest.writes import WRITES, is_lost
from dev.simulator.journal import Entry
from dev.simulator.settings import BadOrder
from dev.simulator.simulator import Body, Meet, Query
from dev.simulator.wire import Ending, Request, json_reply

ACCEPT = "application/vnd.api.v2+json"
NEEDS_AUTHENTICATION = (401, "Authentication needed.")
ACCESS_DENIED = (403, "Access denied.")
NOTHING_FOUND = "Не найдено"
NO_RIGHTS = (403, "No rights to manage the location")
# Assumed: that there is a refusal is known, its words and number are not.
WRONG_ACCEPT = (400, f"Accept must be {ACCEPT}")


# Of a call that a fault kept from being served; nobody sees it.
UNDONE = Ending("undone", json_reply(None))


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Opening(_Strict):
    """A salon that the user may enter; an account is {id, title, type}, 0 for cash and 1 for any other."""

    id: int
    accounts: list[dict[str, Any]] = []
    urls: list[str] = []
    self_sending: bool = False


class Change(_Strict):
    """Envelopes as the webhooks carry them, in the order of what happened."""

    envelopes: list[dict[str, Any]] = Field(min_length=1)


class Altegio(simulator.Simulator[Settings, Call]):
    """Altegio's REST, which knows what the envelopes of webhooks told it, whether those arrive anywhere or not."""

    name, fault = "altegio", Fault

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.state, self.limiter, self.courier = State(), Limiter(), Courier()
        # Edits of staff that a call over REST undid.
        self.overwritten: list[tuple[str, Stored, tuple[str, ...]]] = []
        self.actions = {
            ("POST", "locations"): self._open_location,
            ("POST", "changes"): self._apply_changes,
            ("GET", "rows"): self._list_rows,
        }

    def receive(self, request: Request) -> Call:
        route = find_route(request.method, request.path)
        operation, ids = route or ("unknown", {})
        told = {
            "at": datetime.now(UTC).isoformat(),
            "method": request.method,
            "path": request.path,
            "query": dict(request.query),
            "location": ids.get("location"),
        }
        return Call(Entry(operation, told), request, self.state, self.settings, ids)

    def handle(self, call: Call, meet: Meet) -> Ending:
        self.delay()
        settings, address = call.settings, call.request.address
        if not self.limiter.admits(address, time.monotonic(), settings.limit_per_second, settings.limit_per_minute):
            return limit(settings.retry_after)
        fault = meet(location=call.ids.get("location"))
        ending = UNDONE if isinstance(fault, Fault) and fault.prevents else self._answer(call)
        return fault.spoil(ending, call) if fault else ending

    def _answer(self, call: Call) -> Ending:
        operation, settings = call.entry.operation, call.settings
        try:
            _authorize(call)
            self._admit(call)
            data = self._write(call) if operation in WRITES else ENDPOINTS[operation](call)
            if data == [] and call.ids.get("location") in settings.refused_empty:
                return Ending("refused:empty", refuse({"message": NOTHING_FOUND}))
        except Refusal as refusal:
            empty: object = {} if settings.not_found_meta == "object" else []
            meta = {"message": refusal.message} if refusal.message else empty
            status = HTTPStatus.OK if settings.refuse_with_200 else refusal.status
            return Ending(f"refused:{refusal.status}", refuse(meta, status))
        if settings.amounts_as_text:
            data = write_amounts_as_text(data)
        return Ending("data", json_reply({"success": True, "data": data, "meta": []}))

    def _write(self, call: Call) -> Any:
        """What was changed over REST is told by a webhook as well, where the salon's hooks say so. Raises Refusal."""
        change = WRITES[call.entry.operation](call)
        if change.overwritten and change.old is not None and not self._puts_back(change.old):
            self.overwritten.append((call.request.path, change.old, change.overwritten))
        hooks = self.state.get_hooks(call.location)
        if hooks["active"] and hooks["self_sending"] and hooks[change.envelope["resource"]]:
            self.courier.send(hooks["urls"], change.envelope, self.settings.webhook_seconds)
        return change.data

    def _list_lost(self) -> list[str]:
        lost = [(path, fields) for path, old, fields in self.overwritten if self._is_lost(old, fields)]
        return [f"{path}: {', '.join(fields)}" for path, fields in lost]

    def _puts_back(self, old: Stored) -> bool:
        """Whether the write that was just made has what an earlier one undid."""
        return any(lost.id == old.id and not self._is_lost(lost, fields) for _, lost, fields in self.overwritten)

    def _is_lost(self, lost: Stored, fields: Iterable[str]) -> bool:
        return is_lost(lost, self.state.find(RECORD, lost.location, lost.id), fields)

    def _admit(self, call: Call) -> None:
        """Raises Refusal."""
        operation, location = call.entry.operation, call.ids.get("location")
        if operation not in ENDPOINTS and operation not in WRITES:
            raise Refusal(*NOT_FOUND)
        if location is not None and not self.state.has_location(location):
            raise Refusal(*ACCESS_DENIED)
        if operation in call.settings.no_rights:
            raise Refusal(*NO_RIGHTS)
        if operation == "record" and call.ids.get("record") in call.settings.denied_records:
            raise Refusal(call.settings.denied_with, ACCESS_DENIED[1])

    def change_settings(self, changes: Body) -> None:
        super().change_settings(changes)
        self._tell_state()

    def _tell_state(self) -> None:
        self.state.read_lags, self.state.edits_keep_lines = self.settings.read_lags, self.settings.edits_keep_lines

    def reset(self) -> None:
        """Nobody knows any salon."""
        super().reset()
        self._tell_state()
        self.state.clear()
        self.limiter.clear()
        self.courier.forget()
        self.overwritten.clear()

    def describe(self) -> dict[str, Any]:
        return {
            "calls": {f"by_{name}": self.journal.count(name) for name in ("operation", "outcome")},
            "limits": {"refused": self.limiter.refused},
            "overwritten": self._list_lost(),
            "overwritten_once": len(self.overwritten),
            "webhooks": self.courier.describe(),
            "settings": self.settings.describe(),
        }

    def _open_location(self, _query: Query, body: Body) -> None:
        opening = Opening.model_validate(body)
        self.state.open_location(opening.id, opening.accounts, opening.urls, self_sending=opening.self_sending)

    def _list_rows(self, query: Query, _body: Body) -> Any:
        rows = self.state.list_all(query["resource"], int(query["location"]))
        return [row.body | {"deleted": row.is_deleted} for row in rows]

    def _apply_changes(self, _query: Query, body: Body) -> Any:
        change = Change.model_validate(body)
        try:
            return {"applied": sum([self.state.apply(envelope) for envelope in change.envelopes])}
        except (KeyError, TypeError, AttributeError) as error:
            raise BadOrder(f"not an envelope: {error!r}") from error


def _authorize(call: Call) -> None:
    """Raises Refusal."""
    headers, settings = call.request.headers, call.settings
    tokens = re.fullmatch(r"Bearer ([^,\s]+)\s*,\s*User (\S+)", headers.get("authorization") or "")
    if tokens is None or tokens.groups() != (settings.partner_token, settings.user_token):
        raise Refusal(*NEEDS_AUTHENTICATION)
    if headers.get("accept") != ACCEPT:
        raise Refusal(*WRONG_ACCEPT)
