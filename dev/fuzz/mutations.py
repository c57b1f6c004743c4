"""Bodies nobody meant to send, made of bodies Altegio does send. Seeded: the same seed makes the same bodies."""

import copy
import json
import pickle
import random
import re
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import simplejson

from dev.demo.children import ROOT

MATERIAL = ROOT / "tests" / "payloads" / "altegio"
Place = tuple[Any, Any]

TEXTS = (
    "", " ", "null", "0", "-1", "1e400", "1e9999999", "1e-9999999", "3." + "3" * 40, "999999999999.99", "NaN",
    "9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "2026-02-30 25:61:61", "9" * 400, "\u202eстрижка",
    "👩🏽\u200d🦰", "e\u0301" * 50, "\ud800", "\udfff\ud800", "\ufeff", "\uffff\U0010ffff", "\u2028\u2029\x85", "\x00",
    "a\x00b", "\x01\x1b[31m\x7f", "'; DROP TABLE webhook_records; --", "%s%n{0}${jndi:x}", "<script>alert(1)</script>",
    "record\r\nX-Injected: 1",
)  # fmt: skip
NUMBERS = (
    0, -0.0, -1, 1, 0.1, 0.005, 1e15, 1e308, -1e308, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**30, 10**400,
    4000.000000001,
)  # fmt: skip
OTHERS: tuple[Any, ...] = (None, True, False, [], {}, [[]], [None], {"": ""}, {"0": {}}, [{}], {"id": None})
SIZES = (65, 201, 1000)
HUGE = 20_000
LARGE: tuple[Callable[[int], Any], ...] = (
    lambda size: "я" * size,
    lambda size: "9" * size,
    lambda size: [0] * size,
    lambda size: {str(number): number for number in range(size)},
    lambda size: [{"title": "Стрижка", "cost": 1}] * min(size, 200),
)
# Numbers that exist as text only: Python would not write them.
LITERALS = (
    b"NaN", b"Infinity", b"-Infinity", b"1e99999", b"-1E+400", b"1e-99999", b"0" * 30, b"1." + b"3" * 3000, b"7" * 5000,
)  # fmt: skip
FRAGMENTS = (
    b"\x00", b"\\u0000", b"\\ud83d", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b'"', b"\\", b"{", b"}", b"]", b",", b":",
    b"//",
)  # fmt: skip


def load_material(folder: Path = MATERIAL) -> list[Any]:
    """Every body, lists taken apart; `expected.json` beside them is no body."""
    bodies: list[Any] = []
    for path in sorted(folder.glob("*.json")):
        if path.name != "expected.json":
            # Some numbers in there are beyond a float.
            body = json.loads(path.read_bytes(), parse_float=Decimal)
            bodies += body if isinstance(body, list) else [body]
    return bodies


def encode(body: Any) -> bytes:
    """As PHP would write it: lone surrogates and the rest escaped."""
    return simplejson.dumps(body, use_decimal=True).encode("ascii")


class Mutator:
    def __init__(self, rng: random.Random, material: Sequence[Any]) -> None:
        self._rng = rng
        # Read anew for every use, which is the fastest deep copy there is.
        self._material = [pickle.dumps(body) for body in material]
        self._changes: tuple[Callable[[Any, Any], None], ...] = (
            self._drop, self._retype, self._retype, self._nest, self._enlarge, self._spoil_text,
            self._spoil_key, self._transplant, self._multiply,
        )  # fmt: skip
        self._spoilers: tuple[Callable[[bytes], bytes], ...] = (
            self._flip, self._cut, self._insert, self._repeat_part, self._join, self._write_literal,
            self._repeat_key, self._recode, self._wrap_deeply,
        )  # fmt: skip

    def pick(self) -> Any:
        return pickle.loads(self._rng.choice(self._material))

    def mutate(self) -> Any:
        """An envelope, or what is left of one, with one to four changes."""
        holder = [self.pick()]
        for _ in range(self._rng.choice((1, 1, 2, 4))):
            places = list(_walk(holder))
            if places:
                self._rng.choice(self._changes)(*self._rng.choice(places))
        return holder[0] if holder else []

    def spoil(self, raw: bytes) -> bytes:
        """The same body damaged as bytes; it may still be JSON."""
        for _ in range(self._rng.choice((1, 1, 3))):
            raw = self._rng.choice(self._spoilers)(raw)
        return raw

    # --- changes of a value in its place

    def _drop(self, holder: Any, key: Any) -> None:
        del holder[key]

    def _retype(self, holder: Any, key: Any) -> None:
        value = holder[key]
        same: tuple[Any, ...] = (str(value)[:1000], [value], {"0": value}, bool(value))
        holder[key] = copy.deepcopy(self._rng.choice((*OTHERS, *NUMBERS, *TEXTS, *same)))

    def _nest(self, holder: Any, key: Any) -> None:
        for _ in range(self._rng.choice((1, 5, 57, 58, 59, 60, 61, 150))):
            holder[key] = [holder[key]] if self._rng.random() < 0.5 else {"data": holder[key]}

    def _enlarge(self, holder: Any, key: Any) -> None:
        size = HUGE if self._rng.random() < 0.03 else self._rng.choice(SIZES)
        holder[key] = LARGE[self._rng.randrange(len(LARGE))](size)

    def _spoil_text(self, holder: Any, key: Any) -> None:
        text = str(holder[key])[:500]
        where = self._rng.randint(0, len(text))
        holder[key] = text[:where] + self._rng.choice(TEXTS) + text[where:]

    def _spoil_key(self, holder: Any, key: Any) -> None:
        if isinstance(holder, dict):
            holder[self._rng.choice((key.upper(), f" {key}", key + "\x00", key + "\ud800", "", "я" * 100))] = holder.pop(key)
        else:
            holder.insert(key, None)

    def _transplant(self, holder: Any, key: Any) -> None:
        other, name = self._rng.choice(list(_walk([self.pick()])))
        holder[key] = other[name]

    def _multiply(self, holder: Any, key: Any) -> None:
        holder[key] = [copy.deepcopy(holder[key]) for _ in range(self._rng.choice((2, 3, 10)))]

    # --- changes of bytes

    def _flip(self, raw: bytes) -> bytes:
        spoiled = bytearray(raw)
        for _ in range(self._rng.choice((1, 2, 8)) if raw else 0):
            spoiled[self._rng.randrange(len(raw))] ^= 1 << self._rng.randrange(8)
        return bytes(spoiled)

    def _cut(self, raw: bytes) -> bytes:
        start, end = self._range(raw)
        return self._rng.choice((raw[:start], raw[end:], raw[:start] + raw[end:]))

    def _insert(self, raw: bytes) -> bytes:
        where = self._rng.randint(0, len(raw))
        return raw[:where] + self._rng.choice(FRAGMENTS) + raw[where:]

    def _repeat_part(self, raw: bytes) -> bytes:
        start, end = self._range(raw)
        return raw[:end] + raw[start:end] * self._rng.choice((1, 3)) + raw[end:]

    def _join(self, raw: bytes) -> bytes:
        return raw + self._rng.choice((b"", b"\n", b",", b"\x00")) + encode(self.pick())

    def _write_literal(self, raw: bytes) -> bytes:
        numbers = list(re.finditer(rb"(?<=[:\[,] )-?\d+(\.\d+)?", raw))
        if not numbers:
            return raw + self._rng.choice(LITERALS)
        found = self._rng.choice(numbers)
        return raw[: found.start()] + self._rng.choice(LITERALS) + raw[found.end() :]

    def _repeat_key(self, raw: bytes) -> bytes:
        keys = list(re.finditer(rb'"\w+": ', raw))
        if not keys:
            return raw
        found = self._rng.choice(keys)
        return raw[: found.start()] + found[0] + self._rng.choice((b"null, ", b'{"a": 1}, ', b"[], ")) + raw[found.start() :]

    def _recode(self, raw: bytes) -> bytes:
        text = raw.decode("utf-8", "replace")
        codec = self._rng.choice(("utf-8-sig", "utf-16", "utf-16-be", "utf-32", "utf-7", "cp1251"))
        return text.encode(codec, "replace")

    def _wrap_deeply(self, raw: bytes) -> bytes:
        depth = self._rng.choice((61, self._rng.randint(850, 1000), 2_000, 50_000))
        opening, closing = self._rng.choice(((b"[", b"]"), (b'{"a":', b"}")))
        return opening * depth + raw + closing * self._rng.choice((depth, depth, depth - 1))

    def _range(self, raw: bytes) -> tuple[int, int]:
        start = self._rng.randint(0, len(raw))
        return start, min(len(raw), start + self._rng.randint(1, 200))


def _walk(holder: Any) -> Iterator[Place]:
    """Every place below `holder`, as a container and a key."""
    waiting = [holder]
    while waiting:
        each = waiting.pop()
        entries = each.items() if isinstance(each, dict) else enumerate(each)
        for key, value in entries:
            yield each, key
            if isinstance(value, dict | list):
                waiting.append(value)
