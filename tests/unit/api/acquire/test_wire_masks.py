"""Bodies without personal data: what identifies a person is gone, what explains a decision stays."""

import json
from pathlib import Path
from typing import Any

import pytest

from api.acquire.wire.masks import mask_body, mask_words

PAYLOADS = Path(__file__).resolve().parents[3] / "payloads"


@pytest.mark.parametrize(
    ("body", "masked"),
    [
        ({"phone": "77015550142"}, {"phone": "***"}),
        ({"client": {"id": 5, "name": "Дана", "is_new": True}}, {"client": {"id": 5, "name": "***", "is_new": True}}),
        ({"client": {"tags": ["VIP"], "card": "00123"}}, {"client": {"tags": ["***"], "card": "***"}}),
        ({"clients": [{"display_name": "Дана"}]}, {"clients": [{"display_name": "***"}]}),
        ({"comment": "позвонить Дане"}, {"comment": "***"}),
        ({"CustomerXin": "900101300123", "CustomerEmail": "a@b.kz"}, {"CustomerXin": "***", "CustomerEmail": "***"}),
        ({"note_iin": "900101300123", "BIN": "990140000123"}, {"note_iin": "***", "BIN": "***"}),
        ({"title": "Стрижка, звонить +7 701 555-01-42"}, {"title": "Стрижка, звонить ***"}),
        ({"text": "ИИН 900101300123, почта a@b.kz"}, {"text": "ИИН ***, почта ***"}),
        ({"Token": "abc", "Password": "x"}, {"Token": "***", "Password": "***"}),
        ({"custom_fields": {"x": "Дана"}}, {"custom_fields": "***"}),
        # What explains a decision.
        ({"services": [{"title": "Стрижка", "cost": 16000}]}, {"services": [{"title": "Стрижка", "cost": 16000}]}),
        ({"CashboxRegistrationNumber": "600900800700"}, {"CashboxRegistrationNumber": "600900800700"}),
        (
            {"PositionName": "Стрижка", "CheckNumber": "77015550142"},
            {"PositionName": "Стрижка", "CheckNumber": "77015550142"},
        ),
        ({"client_id": 5, "comment": "", "phone": None}, {"client_id": 5, "comment": "", "phone": None}),
    ],
)
def test_what_is_masked_and_what_stays(body: Any, masked: Any) -> None:
    assert mask_body(body) == masked


def find_people(value: Any, key: str = "", *, is_person: bool = False) -> list[str]:
    """Texts of clients and specialists in a body of Altegio, and whatever is called a phone, a name or an e-mail."""
    if isinstance(value, dict):
        return [
            text
            for name, item in value.items()
            for text in find_people(item, name, is_person=is_person or name in ("client", "staff", "clients"))
        ]
    if isinstance(value, list):
        return [text for item in value for text in find_people(item, key, is_person=is_person)]
    is_telling = key in ("phone", "name", "email", "surname", "display_name", "comment") or is_person
    return [value] if isinstance(value, str) and len(value) > 3 and is_telling else []


@pytest.mark.parametrize("path", sorted((PAYLOADS / "altegio").glob("*.json")), ids=lambda path: path.stem)
def test_no_person_is_left_in_a_captured_body(path: Path) -> None:
    body = json.loads(path.read_text("utf-8"))
    masked = json.dumps(mask_body(body), ensure_ascii=False)
    assert [text for text in find_people(body) if text in masked] == []


def test_very_deep_bodies_end() -> None:
    body: Any = "Дана"
    for _ in range(200):
        body = {"data": body}
    assert "Дана" not in json.dumps(mask_body(body), ensure_ascii=False)


def test_words_lose_phones_mails_iins_and_secrets() -> None:
    said = "call +7 (701) 555-01-42, a@b.kz, 900101300123, token=abc123, altegio_700003000, 600900800700"
    assert mask_words(said) == "call ***, ***, ***, token=***, altegio_700003000, 600900800700"
    assert mask_words(None) is None
