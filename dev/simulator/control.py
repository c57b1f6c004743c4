"""The control API under /_sim: what tests look at and what they arrange."""

import json
from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from dev.simulator.settings import BadOrder, describe_problem
from dev.simulator.simulator import Body, Query, Simulator
from dev.simulator.wire import Reply, Request, json_reply

PREFIX = "/_sim/"
OK = {"ok": True}


def handle(simulator: Simulator[Any, Any], request: Request) -> Reply:
    key = (request.method, request.path.removeprefix(PREFIX).strip("/"))
    action = (_list_common(simulator) | simulator.actions).get(key)
    if action is None:
        return json_reply({"error": f"no {request.method} {request.path}"}, 404)
    try:
        body = json.loads(request.raw) if request.raw else {}
        if not isinstance(body, dict):
            raise BadOrder("the body must be a JSON object")
        answer = action(request.query, body)
    except ValidationError as error:
        return json_reply({"error": describe_problem(error)}, 400)
    except ValueError as error:
        return json_reply({"error": str(error)}, 400)
    return json_reply(OK if answer is None else answer)


def _list_common(simulator: Simulator[Any, Any]) -> dict[tuple[str, str], Callable[[Query, Body], Any]]:
    """The answer None stands for: done, and nothing to tell."""

    def list_journal(query: Query, _body: Body) -> Any:
        return [entry.describe() for entry in simulator.journal.list_entries(query.get("operation"))]

    def change_settings(_query: Query, body: Body) -> Any:
        simulator.change_settings(body)
        return simulator.settings.describe()

    return {
        ("GET", "health"): lambda _query, _body: None,
        ("GET", "state"): lambda _query, _body: simulator.describe(),
        ("GET", "journal"): list_journal,
        ("POST", "settings"): change_settings,
        ("GET", "faults"): lambda _query, _body: simulator.faults.describe(),
        ("POST", "faults"): lambda _query, body: {"id": simulator.faults.add(simulator.fault.model_validate(body))},
        ("DELETE", "faults"): lambda _query, _body: simulator.faults.lift(),
        ("POST", "reset"): lambda _query, _body: simulator.reset(),
    }
