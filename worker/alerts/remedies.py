"""Says in Russian, Kazakh and English what to do where a register refuses, by Webkassa's code. Pure."""

from collections.abc import Mapping

from worker.alerts.wording import Words, say

_LOGIN: Words = (
    "логин или пароль кассира не подходит: исправьте их (.env или celery -A worker cashboxes add)",
    "кассирдің логині немесе құпиясөзі дұрыс емес: түзетіңіз (.env немесе celery -A worker cashboxes add)",
    "login or password of the cashier is refused: correct it (.env, or celery -A worker cashboxes add)",
)
_KEY: Words = (
    "ключ API не принимается: проверьте WEBKASSA_API_TOKEN",
    "API кілті қабылданбайды: WEBKASSA_API_TOKEN тексеріңіз",
    "the API key is refused: check WEBKASSA_API_TOKEN",
)
_ADDRESS: Words = (
    "по этому адресу нет Webkassa: проверьте WEBKASSA_API_URL",
    "бұл мекенжайда Webkassa жоқ: WEBKASSA_API_URL тексеріңіз",
    "there is no Webkassa at this address: check WEBKASSA_API_URL",
)
_LICENCE: Words = (
    "касса не активирована или закончилась лицензия: продлите её в кабинете Webkassa",
    "касса белсендірілмеген немесе лицензиясы біткен: Webkassa кабинетінде ұзартыңыз",
    "not activated, or its licence has ended: renew it in Webkassa's cabinet",
)
# By Webkassa's code: why a register refuses us, and what to do.
REMEDIES: Mapping[str, Words] = {
    "1": _LOGIN,
    "2": (
        "сессия всё время обрывается: этот логин использует другая программа, дайте нам отдельного кассира",
        "сессия үзіле береді: бұл логинді басқа бағдарлама қолданады, бізге бөлек кассир беріңіз",
        "the session ends all the time: another program uses this login, give us a cashier of our own",
    ),
    "3": _LOGIN,
    "4": (
        "у кассира нет права на эту операцию: дайте его в кабинете Webkassa",
        "кассирде бұл операцияға құқық жоқ: Webkassa кабинетінде беріңіз",
        "the cashier lacks the right to this operation: give it in Webkassa's cabinet",
    ),
    "5": (
        "у кассира нет доступа к кассе: дайте его в кабинете Webkassa",
        "кассирде кассаға рұқсат жоқ: Webkassa кабинетінде беріңіз",
        "the cashier has no access to the cashbox: give it in Webkassa's cabinet",
    ),
    "6": (
        "Webkassa не знает такой кассы: проверьте номер и адрес (тестовый или рабочий)",
        "Webkassa мұндай кассаны білмейді: нөмірі мен мекенжайын тексеріңіз (тест не жұмыс)",
        "Webkassa knows no such cashbox: check its number and the address (test or production)",
    ),
    "7": (
        "касса заблокирована: узнайте причину в кабинете или в поддержке Webkassa",
        "касса бұғатталған: себебін Webkassa кабинетінен немесе қолдаудан біліңіз",
        "blocked: ask why in Webkassa's cabinet or of its support",
    ),
    "10": _LICENCE,
    "18": (
        "больше 72 часов без связи с ОФД: проверьте связь в кабинете Webkassa",
        "72 сағаттан астам ОФД-мен байланыссыз: Webkassa кабинетінде тексеріңіз",
        "without its fiscal data operator for over 72 hours: see to it in Webkassa's cabinet",
    ),
    "401": _KEY,
    "403": _KEY,
    "404": _ADDRESS,
    "1404": _LICENCE,
}
_ANY_REMEDY: Words = (
    "код {code}: посмотрите в кабинете Webkassa или спросите поддержку",
    "код {code}: Webkassa кабинетінен қараңыз немесе қолдаудан сұраңыз",
    "code {code}: look in Webkassa's cabinet, or ask its support",
)


def name_remedy(code: str | None, language: str) -> str:
    """Says in plain words why a register refuses us and what to do, by Webkassa's code."""
    return say(REMEDIES.get(code or "", _ANY_REMEDY), language, code=code or "?")


_CASH_SHORT: Words = (
    "в кассе не хватает наличных: сначала внесите их (/acquire/drawer), потом повторите возврат",
    "кассада қолма-қол ақша жетпейді: алдымен салыңыз (/acquire/drawer), содан кейін қайтаруды қайталаңыз",
    "not enough cash in the drawer: put cash in first (/acquire/drawer), then repeat the return",
)
_BY_HAND: Words = (
    "здесь его оформить нельзя: оформите в кабинете Webkassa",
    "оны мұнда рәсімдеу мүмкін емес: Webkassa кабинетінде рәсімдеңіз",
    "it cannot be made here: make it in Webkassa's cabinet",
)


def name_return_remedy(code: str | None, language: str) -> str:
    """Says in plain words why a return was refused and what to do; `code` is Webkassa's, None where the refusal is ours."""
    if code is None:
        return say(_BY_HAND, language)
    return say(_CASH_SHORT, language) if code == "8" else name_remedy(code, language)
