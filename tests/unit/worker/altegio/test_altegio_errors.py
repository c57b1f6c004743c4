from typing import Any

import pytest

from worker.altegio.errors import (
    AltegioError,
    AltegioRefused,
    AltegioUnavailable,
    NoRights,
    NotFound,
    find_error,
)

CALL = "GET /transactions/1001"
SECRETS = ("p4rtner", "us3r")


def refusal(message: str | None = None, meta: Any = None) -> dict[str, Any]:
    return {"success": False, "data": None, "meta": {"message": message} if message else meta}


def judge(status: int, body: Any, retry_after: float | None = None) -> AltegioError | None:
    return find_error(status, body, call=CALL, right="see finances", retry_after=retry_after, secrets=SECRETS)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        pytest.param(401, refusal("Authentication needed."), NoRights, id="no token"),
        pytest.param(403, refusal("Access denied."), NoRights, id="no right"),
        pytest.param(403, None, NoRights, id="no right, and no words"),
        pytest.param(200, refusal("No rights to manage the location"), NoRights, id="no right with HTTP 200"),
        pytest.param(200, refusal("Недостаточно прав"), NoRights, id="no right in Russian"),
        pytest.param(400, refusal("Ошибка аутентификации"), NoRights, id="no token in Russian"),
        pytest.param(200, refusal("Метод недоступен"), AltegioRefused, id="a word that only resembles one of rights"),
        pytest.param(200, refusal("Запись не найдена, правки запрошены"), AltegioRefused, id="another such"),
        pytest.param(404, refusal(meta=[]), NotFound, id="not there, meta a list"),
        pytest.param(404, refusal(meta={}), NotFound, id="not there, meta an object"),
        pytest.param(404, None, AltegioUnavailable, id="not there, but Altegio did not say so"),
        pytest.param(200, refusal("Wrong date"), AltegioRefused, id="refused with HTTP 200"),
        pytest.param(200, refusal(), AltegioRefused, id="refused without a word"),
        pytest.param(200, {"success": None, "data": []}, AltegioRefused, id="neither success nor failure"),
        pytest.param(422, refusal("Validation failed"), AltegioRefused, id="refused with a status of its own"),
        pytest.param(402, {"success": True}, AltegioRefused, id="a success that its status denies"),
        pytest.param(302, None, AltegioUnavailable, id="sent elsewhere"),
        pytest.param(200, None, AltegioUnavailable, id="no JSON"),
        pytest.param(200, [], AltegioUnavailable, id="no envelope"),
        pytest.param(200, {"data": []}, AltegioUnavailable, id="half an envelope"),
        pytest.param(429, refusal("Access denied."), AltegioUnavailable, id="too many requests, whatever the words"),
        pytest.param(500, refusal("No rights"), AltegioUnavailable, id="out of order, whatever the words"),
        pytest.param(502, None, AltegioUnavailable, id="out of order"),
    ],
)
def test_what_each_answer_is(status: int, body: Any, kind: type[AltegioError]) -> None:
    error = judge(status, body)
    assert type(error) is kind
    assert error.status == status
    assert CALL in error.text


@pytest.mark.parametrize("success", [True, 1, "true"])
@pytest.mark.parametrize("meta", [[], {}, {"page": 1}, None])
def test_a_success_is_no_error(success: Any, meta: Any) -> None:
    assert judge(200, {"success": success, "data": [], "meta": meta}) is None
    assert judge(201, {"success": success, "data": [], "meta": meta}) is None


@pytest.mark.parametrize("status", [429, 503])
def test_how_long_to_wait_is_kept(status: int) -> None:
    error = judge(status, None, retry_after=7)
    assert error is not None
    assert error.retry_after == 7


def test_no_rights_say_what_to_check() -> None:
    assert "right to see finances" in str(judge(403, refusal("Access denied.")))
    assert "right to see finances" in str(judge(200, refusal("No rights to manage the location")))
    assert "ALTEGIO_PARTNER_TOKEN and ALTEGIO_USER_TOKEN" in str(judge(401, refusal("Authentication needed.")))
    assert "ALTEGIO_PARTNER_TOKEN and ALTEGIO_USER_TOKEN" in str(judge(200, refusal("Неверный токен")))


def test_words_of_altegio_are_short_and_hold_no_token() -> None:
    error = judge(200, refusal(f"Wrong user us3r\nof p4rtner {'x' * 1000}"))
    assert error is not None
    assert error.text.startswith(f"{CALL}: Wrong user *** of *** xxx")
    assert len(error.text) < 300
