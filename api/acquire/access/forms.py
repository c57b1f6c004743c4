"""Reads posted forms, and forms with a file: bounded, without what PostgreSQL cannot keep."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message
from email.parser import BytesParser
from urllib.parse import parse_qsl

from fastapi import Request

MAX_FORM_BYTES = 64 * 1024
MAX_FIELDS = 1000
MAX_UPLOAD_BYTES = 512 * 1024

Form = Mapping[str, str]


class FormTooLarge(Exception):
    """Raised for a form of more bytes or fields than any page of ours has."""


class FormRefused(Exception):
    """Raised for what is no form of ours: no or a wrong form token. The page has to be opened again."""


@dataclass(frozen=True, slots=True)
class Upload:
    """Holds the fields of a form and the bytes of its file, none where nobody chose one."""

    fields: Form
    content: bytes


async def read_form(request: Request) -> dict[str, str]:
    """Returns the fields of a form, the last of equal names. Raises FormTooLarge."""
    return _parse_fields(await _read_body(request, MAX_FORM_BYTES))


async def read_upload(request: Request) -> Upload:
    """Returns the fields of a form and its file. Raises FormTooLarge."""
    body = await _read_body(request, MAX_UPLOAD_BYTES)
    content_type = request.headers.get("content-type", "")
    if not content_type.startswith("multipart/form-data"):
        return Upload(_parse_fields(body[:MAX_FORM_BYTES]), b"")
    message = BytesParser().parsebytes(b"Content-Type: " + content_type.encode("latin-1", "replace") + b"\r\n\r\n" + body)
    parts = message.get_payload() if message.is_multipart() else []
    fields, content = {}, b""
    for part in parts:
        if not isinstance(part, Message):
            continue
        payload = part.get_payload(decode=True)
        said = payload if isinstance(payload, bytes) else b""
        if part.get_filename() is not None:
            content = said
        else:
            name = str(part.get_param("name", "", header="content-disposition"))
            fields[name] = said.decode(errors="replace").replace("\x00", "")
    return Upload(fields, content)


async def _read_body(request: Request, limit: int) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise FormTooLarge
    return bytes(body)


def _parse_fields(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError:
        raise FormTooLarge from None
    return {name: value.replace("\x00", "") for name, value in pairs}
