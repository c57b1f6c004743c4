"""Reads posted forms: bounded, urlencoded, without what PostgreSQL cannot keep."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import Request

MAX_FORM_BYTES = 64 * 1024
MAX_FIELDS = 1000

Form = Mapping[str, str]


class FormTooLarge(Exception):
    """Raised for a form of more bytes or fields than any page of ours has."""


class FormRefused(Exception):
    """Raised for what is no form of ours: no or a wrong form token. The page has to be opened again."""


async def read_form(request: Request) -> dict[str, str]:
    """Returns the fields of a form, the last of equal names. Raises FormTooLarge."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_FORM_BYTES:
            raise FormTooLarge
    try:
        pairs = parse_qsl(bytes(body).decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise FormTooLarge from None
    return {name: value.replace("\x00", "") for name, value in pairs}
