"""Words alerts in Russian, Kazakh and English: what is wrong, and what to do. Pure.

A table and not the pages' catalogues, which the worker's image does not carry. Every text stands beside its translations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from worker.alerts import kinds, machine_words, salon_words

LANGUAGES = ("ru", "kk", "en")
MAX_LINES = 5
TITLE = "altegio-webkassa"

Words = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Group:
    """Holds alerts of one kind, to be told together: `lines` are their texts."""

    kind: str
    lines: Sequence[str]


ATTENTION: Words = ("нужно внимание", "назар аудару керек", "attention needed")
ALL_CLEAR: Words = ("снова в порядке", "қайта қалпында", "all clear")
MORE: Words = ("… и ещё {count}", "… тағы {count}", "… and {count} more")
ENDED: Words = ("✔ Прошло: {what}", "✔ Аяқталды: {what}", "✔ Over: {what}")
TEST: Words = (
    "Проверка: сюда приходят сообщения о неполадках.",
    "Тексеру: ақаулар туралы хабарламалар осында келеді.",
    "A test: news of trouble comes here.",
)

# What is wrong; what to do.
KINDS: Mapping[str, tuple[Words, Words]] = {
    **machine_words.KINDS,
    **salon_words.KINDS,
    kinds.DEAD_LETTER: (
        (
            "Чеки не оформлены, нужен человек",
            "Чектер рәсімделмеді, адам көмегі керек",
            "Receipts were given up: a person is needed",
        ),
        (
            "Страница /acquire/tasks или: celery -A worker receipts list --state dead_lettered",
            "/acquire/tasks беті немесе: celery -A worker receipts list --state dead_lettered",
            "The page /acquire/tasks, or: celery -A worker receipts list --state dead_lettered",
        ),
    ),
    kinds.BREAKER_OPEN: (
        ("Webkassa не отвечает", "Webkassa жауап бермейді", "Webkassa does not answer"),
        (
            "Чеки ждут и оформятся сами, продажи не теряются. Если это надолго, звоните в поддержку Webkassa.",
            "Чектер күтіп тұр, өздігінен рәсімделеді, сатылым жоғалмайды. Ұзаққа созылса, Webkassa қолдауына хабарласыңыз.",
            "Receipts wait and will be issued by themselves; no sale is lost. If it lasts, call Webkassa's support.",
        ),
    ),
    kinds.CASHBOX_PAUSED: (
        (
            "Касса на паузе: она нам отказывает",
            "Касса кідірісте: ол бізге бас тартады",
            "A cashbox is paused: it refuses us",
        ),
        (
            "Чеки ждут и оформятся сами. Исправили? celery -A worker cashboxes check или «Проверить сейчас» на странице.",
            "Чектер күтеді, өздігінен рәсімделеді. Түзетілді ме? celery -A worker cashboxes check немесе «Қазір тексеру».",
            "Receipts wait and go out by themselves. Mended? celery -A worker cashboxes check, or the page's button.",
        ),
    ),
    kinds.LOGIN_SHARED: (
        (
            "Другая программа входит с этим логином Webkassa",
            "Webkassa логинімен басқа бағдарлама кіріп жатыр",
            "Another program signs in with this login of Webkassa",
        ),
        (
            "Она всё время обрывает нашу сессию, чеки задерживаются. Дайте нам отдельного кассира в кабинете Webkassa.",
            "Ол біздің сессияны үзе береді, чектер кешігеді. Webkassa кабинетінде бізге бөлек кассир ашыңыз.",
            "It keeps ending our session and receipts are late. Give us a cashier of our own in Webkassa's cabinet.",
        ),
    ),
    kinds.CASHBOX_BUSY: (
        ("Касса всё время занята", "Касса үнемі бос емес", "A cashbox is busy all the time"),
        (
            "Её использует другая программа или вкладка кабинета: пусть закончит. Чеки ждут и оформятся сами.",
            "Оны басқа бағдарлама не кабинет беті қолданады: аяқтасын. Чектер күтеді, өздігінен рәсімделеді.",
            "Another program or a page of the cabinet uses it: let it end. Receipts wait and go out by themselves.",
        ),
    ),
    kinds.OFFLINE: (
        ("Касса работает автономно", "Касса автономды жұмыс істейді", "A cashbox works autonomously"),
        (
            "Чеки действительны, но через 72 часа касса остановится. Проверьте связь с ОФД в кабинете Webkassa.",
            "Чектер жарамды, бірақ 72 сағаттан кейін касса тоқтайды. Webkassa кабинетінде ОФД байланысын тексеріңіз.",
            "Its receipts are valid, but after 72 hours it stops. Check its link to the operator in Webkassa's cabinet.",
        ),
    ),
    kinds.CASH_UNCLEAR: (
        (
            "Неизвестно, проведены ли наличные",
            "Қолма-қол ақша өткізілгені белгісіз",
            "Whether cash was booked is not known",
        ),
        (
            "Сравните ящик с кабинетом Webkassa. Если операции там нет, проведите её заново: /acquire/drawer",
            "Жәшікті Webkassa кабинетімен салыстырыңыз. Операция жоқ болса, қайта өткізіңіз: /acquire/drawer",
            "Compare the drawer with Webkassa's cabinet. If the movement is not there, book it anew: /acquire/drawer",
        ),
    ),
    kinds.OLDEST_UNISSUED: (
        ("Оплата слишком долго без чека", "Төлем тым ұзақ чексіз тұр", "A payment has waited too long for its receipt"),
        (
            "Посмотрите: celery -A worker receipts list --state retrying (и --state received)",
            "Қараңыз: celery -A worker receipts list --state retrying (және --state received)",
            "Look at: celery -A worker receipts list --state retrying (and --state received)",
        ),
    ),
    kinds.LICENCE_END: (
        ("Лицензия кассы заканчивается", "Касса лицензиясы аяқталуда", "A cashbox's licence ends"),
        (
            "Продлите её в кабинете Webkassa: без лицензии чеки не оформляются.",
            "Оны Webkassa кабинетінде ұзартыңыз: лицензиясыз чектер рәсімделмейді.",
            "Renew it in Webkassa's cabinet: without it no receipt is issued.",
        ),
    ),
    kinds.SHIFT_OLD: (
        ("Смена открыта почти сутки", "Ауысым бір тәулікке жуық ашық", "A shift has been open for nearly 24 hours"),
        (
            "Закройте её: celery -A worker receipts close-shift. После 24 часов касса не примет продаж.",
            "Оны жабыңыз: celery -A worker receipts close-shift. 24 сағаттан кейін касса сатылым қабылдамайды.",
            "Close it: celery -A worker receipts close-shift. After 24 hours the cashbox takes no sales.",
        ),
    ),
    kinds.SHIFT_NOT_CLOSED: (
        ("Смена не закрылась", "Ауысым жабылмады", "A shift was not closed"),
        (
            "Причина в журнале; закройте сами: celery -A worker receipts close-shift",
            "Себебі журналда; өзіңіз жабыңыз: celery -A worker receipts close-shift",
            "The log says why; close it yourself: celery -A worker receipts close-shift",
        ),
    ),
    kinds.SHIFT_UNREADABLE: (
        ("Смену не удаётся проверить", "Ауысымды тексеру мүмкін емес", "A shift cannot be checked"),
        (
            "Ночью она сама не закроется. Закройте её в кабинете Webkassa и сообщите тому, кто обслуживает сервис.",
            "Түнде ол өздігінен жабылмайды. Оны Webkassa кабинетінде жауып, сервиске қарайтын адамға айтыңыз.",
            "It will not be closed at night. Close it in Webkassa's cabinet and tell whoever looks after the service.",
        ),
    ),
    kinds.BOOKS_DIFFERENCE: (
        ("Сверка не сошлась", "Салыстыру сәйкес келмеді", "The books do not agree"),
        (
            "Посмотрите на странице сверки, в какой записи расхождение.",
            "Айырмашылық қай жазбада екенін салыстыру бетінен қараңыз.",
            "The page of the books names the record that differs.",
        ),
    ),
    kinds.AUTO_RETURN: (
        ("Оформляется возврат без менеджера", "Қайтару менеджерсіз рәсімделуде", "A return is made without a manager"),
        (
            "В Altegio оплата снята. Если деньги остались в салоне, проведите продажу заново на странице оплаты.",
            "Altegio-да төлем алынып тасталды. Ақша салонда қалса, төлем бетінде сатылымды қайта рәсімдеңіз.",
            "Altegio took the payment back. If the salon kept the money, make the sale anew on the payment page.",
        ),
    ),
    kinds.RETURN_REFUSED: (
        ("Возврат не оформлен", "Қайтару рәсімделмеді", "A return was refused"),
        (
            "Клиент ждёт деньги. Страница /acquire/tasks или: celery -A worker receipts list --state rejected",
            "Клиент ақшасын күтіп тұр. /acquire/tasks беті немесе: celery -A worker receipts list --state rejected",
            "The customer waits for money. /acquire/tasks, or: celery -A worker receipts list --state rejected",
        ),
    ),
    kinds.LOOK_BEHIND: (
        ("Altegio давно не отвечает на сверку", "Altegio салыстыруға көптен жауап бермейді", "Altegio cannot be looked at"),
        (
            "Потерянные вебхуки сейчас не находятся. Проверьте доступ и токены: celery -A worker doctor",
            "Жоғалған вебхуктер қазір табылмайды. Рұқсат пен токендерді тексеріңіз: celery -A worker doctor",
            "Webhooks that were lost are not found now. Check access and tokens: celery -A worker doctor",
        ),
    ),
    "hook_lost": (
        ("Altegio не шлёт нам вебхуки", "Altegio бізге вебхук жібермейді", "Altegio does not send us webhooks"),
        (
            "Верните адрес и галочки в настройках вебхуков филиала в Altegio.",
            "Altegio филиалының вебхук баптауларында мекенжай мен белгілерді қайтарыңыз.",
            "Put the address and its switches back in the salon's webhook settings in Altegio.",
        ),
    ),
    "altegio_rights": (
        ("Altegio не даёт нам доступа", "Altegio бізге рұқсат бермейді", "Altegio denies us access"),
        (
            "Дайте пользователю интеграции права на записи, финансы и склад филиала.",
            "Интеграция пайдаланушысына филиалдың жазбалары, қаржысы мен қоймасына құқық беріңіз.",
            "Give the integration's user the rights to the salon's records, finances and stock.",
        ),
    ),
    kinds.DISK: (
        ("Заканчивается место на диске", "Дискідегі орын таусылуда", "The disk is nearly full"),
        (
            "Освободите место или увеличьте диск: без места не принимаются вебхуки.",
            "Орын босатыңыз немесе дискіні үлкейтіңіз: орынсыз вебхуктер қабылданбайды.",
            "Free some space or enlarge the disk: without it no webhook is taken.",
        ),
    ),
    kinds.BROKER: (
        ("Неполадки с Redis", "Redis ақаулы", "Trouble with Redis"),
        (
            "Вебхуки принимаются, но чеки оформляются с задержкой. Проверьте: docker compose ps redis, logs redis",
            "Вебхуктер қабылданады, бірақ чектер кешігеді. Тексеріңіз: docker compose ps redis, logs redis",
            "Webhooks are taken, but receipts are late. Check: docker compose ps redis, logs redis",
        ),
    ),
    kinds.QUEUE: (
        ("Очередь растёт", "Кезек өсіп жатыр", "The queue grows"),
        (
            "Воркеры не успевают или стоят. Проверьте: docker compose ps worker; больше: --scale worker=2",
            "Воркерлер үлгермейді немесе тоқтап тұр. Тексеріңіз: docker compose ps worker; көбейту: --scale worker=2",
            "Workers are too slow or stand still. Check: docker compose ps worker; more of them: --scale worker=2",
        ),
    ),
    kinds.DATABASE: (
        ("База данных недоступна", "Дерекқор қолжетімсіз", "The database cannot be reached"),
        (
            "Вебхуки не принимаются, Altegio повторяет их недолго. Проверьте: docker compose ps db, logs db",
            "Вебхуктер қабылданбайды, Altegio оларды аз уақыт қайталайды. Тексеріңіз: docker compose ps db, logs db",
            "No webhook is taken, and Altegio repeats them for a short while only. Check: docker compose ps db, logs db",
        ),
    ),
    kinds.DATABASE_FULL: (
        ("Диск базы данных заполнен", "Дерекқор дискісі толды", "The database's disk is full"),
        (
            "Освободите место сейчас: вебхуки не принимаются, Altegio повторяет их недолго.",
            "Орынды қазір босатыңыз: вебхуктер қабылданбайды, Altegio оларды аз уақыт қайталайды.",
            "Free some space now: no webhook is taken, and Altegio repeats them for a short while only.",
        ),
    ),
}

# The lines of conditions that are found here.
DETAILS: Mapping[str, Words] = {
    **machine_words.DETAILS,
    **salon_words.DETAILS,
    kinds.DEAD_LETTER: ("ждут человека: {count}", "адамды күтіп тұр: {count}", "waiting for a person: {count}"),
    kinds.BREAKER_OPEN: (
        "запросы приостановлены{said}",
        "сұраулар тоқтатылды{said}",
        "calls are paused{said}",
    ),
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


def say(words: Words, language: str, **values: object) -> str:
    """Returns words in a language (`ru`, `kk`, `en`), with their blanks filled in."""
    return words[LANGUAGES.index(language)].format(**values)


def describe(kind: str, language: str, **values: object) -> str:
    """Returns the line that tells the facts of a condition or event of this kind, such as the cashbox."""
    return say(DETAILS[kind], language, **values)


def name_kind(kind: str, language: str) -> str:
    """Returns what is wrong, in a few words. A kind without words is called by its name: better than saying nothing."""
    return say(KINDS[kind][0], language) if kind in KINDS else kind


def compose(raised: Sequence[Group], ended: Sequence[Group], language: str) -> tuple[str, str]:
    """Returns title and body of one message about all that began and all that ended."""
    blocks = [_tell(group, language) for group in raised]
    blocks += [say(ENDED, language, what=name_kind(group.kind, language)) for group in ended]
    return f"{TITLE}: {say(ATTENTION if raised else ALL_CLEAR, language)}", "\n\n".join(blocks)


def _tell(group: Group, language: str) -> str:
    lines = [f"⚠ {name_kind(group.kind, language)}"]
    lines += [f"  {line}" for line in group.lines[:MAX_LINES]]
    if len(group.lines) > MAX_LINES:
        lines.append("  " + say(MORE, language, count=len(group.lines) - MAX_LINES))
    if group.kind in KINDS:
        lines.append(f"→ {say(KINDS[group.kind][1], language)}")
    return "\n".join(lines)
