"""JSON with exact numbers in both directions."""

import json
from decimal import Decimal
from typing import Any, NoReturn

import simplejson


class BadJson(ValueError):
    """Not JSON; the text is worded like the vendor's parser."""


def parse(raw: bytes) -> Any:
    try:
        return json.loads(raw, parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        first = raw.lstrip()[:1].decode("latin-1")
        raise BadJson(
            f"; Unexpected character encountered while parsing value: {first}. Path '', line 0, position 0."
        ) from error


def dump(value: object) -> bytes:
    text = simplejson.dumps(value, use_decimal=True, ensure_ascii=False, separators=(",", ":"))
    # A lone surrogate has no UTF-8 form, and leaves as the escape that stands for it in JSON.
    return text.encode("utf-8", errors="backslashreplace")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)
