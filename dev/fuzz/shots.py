"""One request each: what is posted, and what may be said about its answer before it is sent."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from dev.fuzz.mutations import Mutator, encode

LARGEST_BODY = 1024 * 1024
COMPANY = 307626
FIRST_RECORD = 1_000_000_000
MEDIA_TYPES = ("application/json", "application/json; charset=utf-8", "text/plain", "application/x-www-form-urlencoded", "")
# Of the cases; the others go in lists, which makes 100,000 of them a matter of minutes.
SINGLE = 0.3
LIST_SIZE = 40
NEIGHBOURS = 0.1
DEEP = 700
# Longer ones may be refused as a whole.
LONG_LIST = 500


@dataclass(frozen=True, slots=True)
class Shot:
    """`valid`: ids of the records in it that are beyond reproach, by place in the list. `count`: envelopes, if known."""

    raw: bytes
    statuses: frozenset[int]
    count: int | None
    is_list: bool
    chunked: bool
    cases: int = 1
    content_type: str = MEDIA_TYPES[0]
    valid: dict[int, int] = field(default_factory=dict)
    knows_secret: bool = True


def make_shots(seed: int, cases: int, material: list[Any]) -> Iterator[Shot]:
    rng = random.Random(seed)
    mutator = Mutator(rng, material)
    records = iter(range(FIRST_RECORD, FIRST_RECORD + cases + 1))
    made = 0
    while made < cases:
        size = min(LIST_SIZE, cases - made)
        # A list holds many cases, so it comes as much more rarely.
        if rng.random() < SINGLE / (SINGLE + (1 - SINGLE) / LIST_SIZE):
            shot = _make_single(rng, mutator)
        else:
            shot = _make_list(rng, mutator, size, records)
        made += shot.cases
        yield shot


def _make_single(rng: random.Random, mutator: Mutator) -> Shot:
    raw = encode(mutator.mutate())
    if rng.random() < 0.6:
        raw = mutator.spoil(raw)
    if rng.random() < 0.002:
        raw += b" " * (LARGEST_BODY - len(raw) + rng.choice((0, 1, 70_000)))
    knows_secret = rng.random() > 0.01
    statuses, count, is_list = parse(raw) if knows_secret else (frozenset({401}), None, False)
    if len(raw) > LARGEST_BODY:
        statuses = frozenset({413})
    content_type = rng.choice(MEDIA_TYPES)
    chunked = rng.random() < 0.1
    return Shot(raw, statuses, count, is_list, chunked, content_type=content_type, knows_secret=knows_secret)


def _make_list(rng: random.Random, mutator: Mutator, size: int, records: Iterator[int]) -> Shot:
    """Mutated envelopes and, among them, valid ones."""
    parts: list[bytes] = []
    valid: dict[int, int] = {}
    for place in range(size):
        if rng.random() < NEIGHBOURS or not place:
            valid[place] = next(records)
            parts.append(encode(make_visit(valid[place])))
        else:
            parts.append(encode(mutator.mutate()))
    while sum(map(len, parts)) > LARGEST_BODY - 4 * size:
        largest = max(range(len(parts)), key=lambda place: len(parts[place]))
        parts[largest] = b"[]"
    raw = b"[" + b", ".join(parts) + b"]"
    return Shot(raw, frozenset({200}), size, is_list=True, chunked=rng.random() < 0.1, cases=size, valid=valid)


def make_visit(record: int) -> dict[str, Any]:
    """Not paid, so that it is stored and nothing else becomes of it."""
    data = {"id": record, "paid_full": 0, "date": "2026-03-02 12:10:00", "services": [{"title": "Стрижка", "cost": 4000}]}
    return {"company_id": COMPANY, "resource": "record", "resource_id": record, "status": "update", "data": data}


def parse(raw: bytes) -> tuple[frozenset[int], int | None, bool]:
    """What the standard library makes of it: the answers it may get, how many envelopes it has, whether it is a list.

    Where it ends by depth depends on how deep the caller is already.
    """
    try:
        body = json.loads(raw, parse_constant=_refuse, parse_float=str)
    except RecursionError:
        return frozenset({400, 422}), None, False
    except ValueError:
        return frozenset({400}), None, False
    is_list = isinstance(body, list)
    count = len(body) if is_list else 1
    may_be_deep = raw.count(b"[") + raw.count(b"{") > DEEP
    return frozenset({200, 422, *([400] if may_be_deep else []), *([413] if count > LONG_LIST else [])}), count, is_list


def _refuse(name: str) -> Any:
    raise ValueError(name)
