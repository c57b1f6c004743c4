"""Takes personal data and secrets out of bodies before anybody sees them. Pure.

Inside a client every text is personal, whatever its name; elsewhere names of fields tell, and in free text phones, e-mail
addresses and numbers that are built like an IIN.
"""

import re
from typing import Any

from shared.logging import MASK, mask, mask_secrets, mask_text

_PERSON = re.compile(r"client|clients|customer|staff|master|employee|user|resource_instances?", re.IGNORECASE)
_PERSONAL = re.compile(
    r"(client|customer|employee|cashier|user)\w*|\w*phone\w*|\w*e?mail|(first|last|full|middle)?_?name|surname|patronymic"
    r"|fio|display_name|\w*comment|note|\w*(xin|iin|bin)|birth\w*|avatar\w*|address|custom_fields|specialization",
    re.IGNORECASE,
)
# Twelve digits that begin with a date of birth, and are no part of a longer number.
_IIN = re.compile(r"(?<!\d)\d{2}(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])\d{6}(?!\d)")
_IDS = re.compile(r"(\w+_)?id", re.IGNORECASE)
_DEEPEST = 40


def mask_body(value: Any) -> Any:
    """Returns a copy of JSON-like data without secrets and personal data; ids, sums, times and titles of services stay."""
    return _mask(mask(value, personal=False), 0)


def mask_words(text: str | None) -> str | None:
    """Returns a text without phones, e-mail addresses, numbers like an IIN, and secrets."""
    return _IIN.sub(MASK, mask_secrets(mask_text(text))) if text else text


def _mask(value: Any, depth: int, *, is_person: bool = False) -> Any:
    if depth > _DEEPEST:
        return MASK
    if isinstance(value, dict):
        return {key: _mask_field(str(key), item, depth + 1, is_person=is_person) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mask(item, depth + 1, is_person=is_person) for item in value]
    if isinstance(value, str):
        return MASK if is_person and value else _mask_text(value)
    return value


def _mask_field(key: str, value: Any, depth: int, *, is_person: bool) -> Any:
    if value is None or value in ("", [], {}) or isinstance(value, bool):
        return value
    if isinstance(value, dict | list | tuple):
        is_whole = bool(_PERSONAL.fullmatch(key)) and not _PERSON.fullmatch(key)
        return MASK if is_whole else _mask(value, depth, is_person=is_person or bool(_PERSON.fullmatch(key)))
    if _IDS.fullmatch(key):
        return value
    if is_person or _PERSONAL.fullmatch(key):
        return MASK
    return _mask(value, depth)


def _mask_text(text: str) -> str:
    """A text of digits alone is a number of some document: names of fields tell whether it is somebody's."""
    return text if text.isdigit() else mask_words(text) or ""
