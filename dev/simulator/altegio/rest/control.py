"""The control API under /_sim: how the world feeds the server, what tests arrange and look at."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dev.simulator.altegio.rest.faults import FaultError
from dev.simulator.altegio.rest.settings import SettingsError, describe_problem
from dev.simulator.altegio.rest.simulator import Simulator
from dev.simulator.altegio.rest.state import GOODS, LOYALTY, MONEY, RECORD
from dev.simulator.jsontext import BadJson, parse
from dev.simulator.wire import Reply, json_reply

PREFIX = "/_sim/"
OK = {"ok": True}

Query = Mapping[str, str]
Body = Mapping[str, Any]


class ControlError(ValueError):
    """The request to the control API makes no sense."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Opening(_Strict):
    """A salon that the user may enter; an account is {id, title, type}, 0 for cash and 1 for any other."""

    id: int
    accounts: list[dict[str, Any]] = []
    urls: list[str] = []


class Change(_Strict):
    """Envelopes as the webhooks carry them, in the order of what happened."""

    envelopes: list[dict[str, Any]] = Field(min_length=1)


class Edit(_Strict):
    """Fields of one entity that staff changes without any webhook."""

    resource: str
    id: int
    changes: dict[str, Any]


def handle(simulator: Simulator, method: str, path: str, query: Query, raw: bytes) -> Reply:
    action = ACTIONS.get((method, path.removeprefix(PREFIX).strip("/")))
    if action is None:
        return json_reply({"error": f"no {method} {path}"}, 404)
    try:
        body = _read_numbers(parse(raw)) if raw else {}
        if not isinstance(body, dict):
            raise ControlError("the body must be a JSON object")
        return json_reply(action(simulator, query, body))
    except ValidationError as error:
        return json_reply({"error": describe_problem(error)}, 400)
    except (ControlError, SettingsError, FaultError, BadJson) as error:
        return json_reply({"error": str(error)}, 400)


def _read_numbers(value: Any) -> Any:
    """Floats again, as Altegio writes them: two decimals survive that."""
    if isinstance(value, dict):
        return {name: _read_numbers(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_read_numbers(inner) for inner in value]
    return value if isinstance(value, str | int | None) else float(value)


def _show_health(_simulator: Simulator, _query: Query, _body: Body) -> Any:
    return OK


def _show_state(simulator: Simulator, _query: Query, _body: Body) -> Any:
    return simulator.describe()


def _list_journal(simulator: Simulator, query: Query, _body: Body) -> Any:
    return [entry.describe() for entry in simulator.journal.list_entries(query.get("operation"))]


def _open_location(simulator: Simulator, _query: Query, body: Body) -> Any:
    opening = Opening.model_validate(body)
    simulator.state.open_location(opening.id, opening.accounts, opening.urls)
    return OK


def _apply_changes(simulator: Simulator, _query: Query, body: Body) -> Any:
    try:
        applied = [simulator.state.apply(envelope) for envelope in Change.model_validate(body).envelopes]
    except (KeyError, TypeError, AttributeError) as error:
        raise ControlError(f"not an envelope: {error!r}") from error
    return {"applied": sum(applied)}


def _edit(simulator: Simulator, _query: Query, body: Body) -> Any:
    edit = Edit.model_validate(body)
    if edit.resource not in {RECORD, MONEY, GOODS, LOYALTY}:
        raise ControlError(f"resource must be one of {RECORD}, {MONEY}, {GOODS}, {LOYALTY}")
    try:
        simulator.state.change(edit.resource, edit.id, edit.changes)
    except KeyError as error:
        raise ControlError(f"no {edit.resource} {edit.id}") from error
    return OK


def _change_settings(simulator: Simulator, _query: Query, body: Body) -> Any:
    simulator.settings = simulator.settings.changed(body)
    return simulator.settings.describe()


def _list_faults(simulator: Simulator, _query: Query, _body: Body) -> Any:
    return simulator.faults.list_faults()


def _add_fault(simulator: Simulator, _query: Query, body: Body) -> Any:
    return {"id": simulator.faults.add(body)}


def _clear_faults(simulator: Simulator, _query: Query, _body: Body) -> Any:
    simulator.faults.clear()
    return OK


def _reset(simulator: Simulator, _query: Query, _body: Body) -> Any:
    simulator.reset()
    return OK


ACTIONS: dict[tuple[str, str], Callable[[Simulator, Query, Body], Any]] = {
    ("GET", "health"): _show_health,
    ("GET", "state"): _show_state,
    ("GET", "journal"): _list_journal,
    ("POST", "locations"): _open_location,
    ("POST", "changes"): _apply_changes,
    ("POST", "edit"): _edit,
    ("POST", "settings"): _change_settings,
    ("GET", "faults"): _list_faults,
    ("POST", "faults"): _add_fault,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "reset"): _reset,
}
