"""Whom to write to about a weakness, as RFC 9116 has it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from starlette.testclient import TestClient

from api.main import create_app
from shared.config import Settings

PATH = "/.well-known/security.txt"


def ask(**fields: Any) -> Any:
    return TestClient(create_app(Settings(_env_file=None, **fields))).get(PATH)


def test_the_contact_is_told_and_until_when_it_holds() -> None:
    answer = ask(
        security_contact="mailto:it@salon.example.kz, https://salon.example.kz/it", public_url="https://r.example.kz/"
    )
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    fields = [tuple(line.split(": ", 1)) for line in answer.text.splitlines()]
    assert [value for name, value in fields if name == "Contact"] == [
        "mailto:it@salon.example.kz",
        "https://salon.example.kz/it",
    ]
    assert ("Canonical", f"https://r.example.kz{PATH}") in fields
    (expires,) = [value for name, value in fields if name == "Expires"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", expires)
    assert timedelta(days=30) < datetime.fromisoformat(expires) - datetime.now(UTC) < timedelta(days=365)


def test_nobody_is_invented_where_nobody_is_named() -> None:
    assert ask().status_code == 404


@pytest.mark.parametrize(
    "contact", ["it@salon.example.kz", "http://salon.example.kz", "https://a\nExpires: 2099-01-01T00:00:00Z"]
)
def test_a_contact_is_an_address_that_others_can_use(contact: str) -> None:
    with pytest.raises(ValidationError, match="mailto:"):
        Settings(_env_file=None, security_contact=contact)
