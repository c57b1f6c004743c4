"""Words the facts of an alert in Russian, Kazakh and English: which cashbox, which salon, how many. Pure."""

from collections.abc import Mapping

from worker.alerts import kinds
from worker.alerts.wording import Words, say

# The lines of conditions that are found here.
DETAILS: Mapping[str, Words] = {
    kinds.DEAD_LETTER: ("ждут человека: {count}", "адамды күтіп тұр: {count}", "waiting for a person: {count}"),
    kinds.BREAKER_OPEN: ("запросы приостановлены", "сұраулар тоқтатылды", "calls are paused"),
    kinds.CASHBOX_PAUSED: ("касса {cashbox}: {remedy}", "касса {cashbox}: {remedy}", "cashbox {cashbox}: {remedy}"),
    kinds.LOGIN_SHARED: (
        "касса {cashbox}: сессия обрывается снова и снова",
        "касса {cashbox}: сессия қайта-қайта үзіледі",
        "cashbox {cashbox}: its session ends again and again",
    ),
    kinds.CASHBOX_BUSY: (
        "касса {cashbox}: больше 5 минут",
        "касса {cashbox}: 5 минуттан астам",
        "cashbox {cashbox}: for over 5 minutes",
    ),
    kinds.OLDEST_UNISSUED: (
        "{where}: больше {minutes} мин, всего {count}",
        "{where}: {minutes} мин астам, барлығы {count}",
        "{where}: over {minutes} min, {count} in all",
    ),
    kinds.LICENCE_END: ("касса {cashbox}: {day}", "касса {cashbox}: {day}", "cashbox {cashbox}: {day}"),
    kinds.UNKNOWN_COMPANY: (
        "филиал {company}: ждут {count}",
        "филиал {company}: күтіп тұр {count}",
        "salon {company}: {count} wait",
    ),
    kinds.DISK: ("свободно {percent} %", "{percent} % бос", "{percent} % free"),
    kinds.BROKER: ("{problem}", "{problem}", "{problem}"),
    kinds.SHIFT_OLD: (
        "касса {cashbox}, смена {shift}: открыта больше 22 часов",
        "касса {cashbox}, ауысым {shift}: 22 сағаттан астам ашық",
        "cashbox {cashbox}, shift {shift}: open for over 22 hours",
    ),
    kinds.SHIFT_NOT_CLOSED: (
        "касса {cashbox}, смена {shift}: не закрывается больше 2 часов",
        "касса {cashbox}, ауысым {shift}: 2 сағаттан астам жабылмай тұр",
        "cashbox {cashbox}, shift {shift}: could not be closed for over 2 hours",
    ),
    kinds.SHIFT_UNREADABLE: (
        "касса {cashbox}, смена {shift}: её время не прочитать",
        "касса {cashbox}, ауысым {shift}: уақыты оқылмайды",
        "cashbox {cashbox}, shift {shift}: its times cannot be read",
    ),
    kinds.BOOKS_DIFFERENCE: (
        "касса {cashbox}: Z-отчёт смены {shift} не совпадает с чеками, чужих документов: {count}",
        "касса {cashbox}: {shift} ауысымының Z-есебі чектермен сәйкес емес, бөтен құжаттар: {count}",
        "cashbox {cashbox}: the Z-report of shift {shift} is not what was issued, documents of others: {count}",
    ),
    kinds.OFFLINE: (
        "касса {cashbox}: больше суток",
        "касса {cashbox}: бір тәуліктен астам",
        "cashbox {cashbox}: for over a day",
    ),
    kinds.CASH_UNCLEAR: (
        "касса {cashbox}: {amount} ₸, операция {order}",
        "касса {cashbox}: {amount} ₸, {order} операциясы",
        "cashbox {cashbox}: {amount} ₸, movement {order}",
    ),
    kinds.AUTO_RETURN: ("чек {number}: {total} ₸", "чек {number}: {total} ₸", "receipt {number}: {total} ₸"),
    kinds.GOODS_UNCODED: (
        "филиал {company}: с кодом {percent} % строк, без кода {count}",
        "филиал {company}: жолдардың {percent} % коды бар, кодсыз {count}",
        "salon {company}: {percent} % of the lines have a code, {count} have none",
    ),
    kinds.RETURN_REFUSED: (
        "касса {cashbox}, чек {number}, {total} ₸: {remedy}",
        "касса {cashbox}, чек {number}, {total} ₸: {remedy}",
        "cashbox {cashbox}, receipt {number}, {total} ₸: {remedy}",
    ),
    kinds.LOOK_BEHIND: (
        "филиал {company}: прочитано до {until}",
        "филиал {company}: {until} дейін оқылды",
        "salon {company}: read until {until}",
    ),
    kinds.QUEUE: ("сообщений в очереди: {count}", "кезектегі хабарламалар: {count}", "messages in the queue: {count}"),
}


def describe(kind: str, language: str, **values: object) -> str:
    """Returns the line that tells the facts of a condition or event of this kind, such as the cashbox."""
    return say(DETAILS[kind], language, **values)
