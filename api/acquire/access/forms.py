"""Posted forms: bounded, urlencoded, without what PostgreSQL cannot keep."""

from collections.abc import Mapping
from urllib.parse import parse_qsl

from fastapi import Request

MAX_FORM_BYTES = 64 * 1024
MAX_FIELDS = 1000

Form = Mapping[str, str]


class FormTooLarge(Exception):
    pass


class FormRefused(Exception):
    """Not a form of ours: no or a wrong form token. The page has to be opened again."""


async def read_form(request: Request) -> dict[str, str]:
    """The fields, the last of equal names. Raises FormTooLarge."""
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
