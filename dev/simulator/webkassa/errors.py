"""Refusals of the register: codes of the vendor and the texts that go with them."""

from typing import Any

# Texts of 1, 2, 3, 6, 11 and 12 are the vendor's; the others are worded here: only their codes are known.
TEXTS: dict[int, str] = {
    -1: "Неизвестная ошибка",
    1: "Неверный логин и/или пароль",
    2: "Срок действия сессии истек",
    3: "Пользователь не авторизован",
    4: "Нет прав на выполнение операции",
    5: "Нет доступа к кассе",
    6: "Касса не зарегистрирована в системе или не доступна пользователю",
    7: "Касса заблокирована",
    8: "Недостаточно наличных в кассе",
    10: "Касса не активирована",
    11: "Продолжительность смены превышает 24 часа. Произведите закрытие смены.",
    12: "Смена уже закрыта",
    13: "Нет открытой смены",
    15: "Смена не существует",
    18: "Касса находится в автономном режиме более 72 часов",
    19: "Чек с указанным внешним номером не найден",
    505: "Сервис недоступен на данном домене",
}

API_KEY_MISSING = "API-ключ не указан или не найден"
NOT_SEQUENTIAL = "Запросы к одной кассе выполняются последовательно, предыдущий запрос ещё не завершён"


class Refusal(Exception):
    """A business error: HTTP 200 with `Errors`; a duplicate carries the first receipt as `Data` too."""

    def __init__(self, code: int, text: str | None = None, data: dict[str, Any] | None = None) -> None:
        self.code = code
        self.text = text if text is not None else TEXTS.get(code, f"Ошибка {code}")
        self.data = data
        super().__init__(f"{code}: {self.text}")

    def as_answer(self) -> dict[str, Any]:
        data = {} if self.data is None else {"Data": self.data}
        return {**data, "Errors": [{"Code": self.code, "Text": self.text}]}
