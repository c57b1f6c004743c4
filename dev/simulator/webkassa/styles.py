"""The same answer as other servers of this kind write it: keys in another case, numbers and booleans as text."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from dev.simulator.jsontext import dump, parse
from dev.simulator.webkassa.settings import Settings
from dev.simulator.wire import Reply

KEYS: dict[str, Callable[[str], str]] = {
    "pascal": lambda key: key,
    "camel": lambda key: key[:1].lower() + key[1:],
    "lower": str.lower,
}


def restyle(reply: Reply, settings: Settings) -> Reply:
    as_text = settings.value_style == "text"
    is_plain = settings.key_style == "pascal" and not as_text
    if is_plain or not reply.content_type.startswith("application/json"):
        return reply
    return replace(reply, body=dump(_rewrite(parse(reply.body), KEYS[settings.key_style], as_text=as_text)))


def _rewrite(value: Any, rename: Callable[[str], str], *, as_text: bool) -> Any:
    match value:
        case dict():
            return {rename(key): _rewrite(item, rename, as_text=as_text) for key, item in value.items()}
        case list():
            return [_rewrite(item, rename, as_text=as_text) for item in value]
        case bool() if as_text:
            return str(value).lower()
        case int() | Decimal() if as_text:
            return str(value)
        case _:
            return value
