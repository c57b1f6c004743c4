"""Paths of the API, below /api/v1: those that the service asks for."""

import re
from collections.abc import Mapping
from typing import NamedTuple

BASE = "/api/v1"


class Route(NamedTuple):
    operation: str
    ids: Mapping[str, int]


_PATTERNS = tuple(
    (method, re.compile(BASE + re.sub(r"\{(\w+)\}", r"(?P<\1>[0-9]{1,18})", path) + "/?"), operation)
    for method, path, operation in (
        ("GET", "/record/{location}/{record}", "record"),
        ("PUT", "/record/{location}/{record}", "record_update"),
        ("GET", "/records/{location}", "records"),
        ("GET", "/visits/{visit}", "visit"),
        ("GET", "/visit/details/{location}/{record}/{visit}", "visit_details"),
        ("GET", "/company/{location}/sale/{document}", "sale"),
        ("GET", "/timetable/transactions/{location}", "timetable_transactions"),
        ("GET", "/transactions/{location}", "transactions"),
        ("POST", "/finance_transactions/{location}", "transaction_create"),
        ("GET", "/finance_transactions/{location}/{transaction}", "transaction"),
        ("DELETE", "/finance_transactions/{location}/{transaction}", "transaction_delete"),
        ("GET", "/accounts/{location}", "accounts"),
        ("GET", "/hooks_settings/{location}", "hooks"),
    )
)
OPERATIONS = frozenset(operation for _, _, operation in _PATTERNS)


def find_route(method: str, path: str) -> Route | None:
    for wanted, pattern, operation in _PATTERNS:
        match = pattern.fullmatch(path) if wanted == method else None
        if match:
            return Route(operation, {name: int(text) for name, text in match.groupdict().items()})
    return None
