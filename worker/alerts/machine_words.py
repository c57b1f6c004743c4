"""Words alerts about what the service stands on: its rows, stores, clocks and processes. Pure, as `wording` is."""

from collections.abc import Mapping

from worker.alerts import kinds

Words = tuple[str, str, str]

# What is wrong; what to do. In Russian, Kazakh, English.
KINDS: Mapping[str, tuple[Words, Words]] = {
    kinds.OPEN_TOO_LONG: (
        ("Строки открыты больше часа", "Жолдар бір сағаттан астам ашық тұр", "Rows have been open for over an hour"),
        (
            "Сами они, возможно, не закончатся. Посмотрите: celery -A worker receipts list --state processing",
            "Олар өздігінен аяқталмауы мүмкін. Қараңыз: celery -A worker receipts list --state processing",
            "They may not end by themselves. Look at: celery -A worker receipts list --state processing",
        ),
    ),
    kinds.REDIS_FULL: (
        ("Память Redis заканчивается", "Redis жады таусылуда", "Redis is nearly full"),
        (
            "Чеки оформляются и без него. Проверьте, работают ли воркеры, и поднимите --maxmemory.",
            "Чектер онсыз да рәсімделеді. Воркерлердің жұмысын тексеріп, --maxmemory мәнін көтеріңіз.",
            "Receipts are issued without it too. See whether workers run, and raise --maxmemory.",
        ),
    ),
    kinds.TICKS: (
        ("Часы сервиса (beat) стоят", "Сервис сағаты (beat) тоқтап тұр", "The service's clock (beat) stands still"),
        (
            "Воркеры пока делают его работу сами. Проверьте: docker compose ps beat, logs beat",
            "Әзірге оның жұмысын воркерлер өздері атқаруда. Тексеріңіз: docker compose ps beat, logs beat",
            "Workers do its work meanwhile. Check: docker compose ps beat, logs beat",
        ),
    ),
    kinds.BACKUP: (
        ("Нет годной резервной копии", "Жарамды сақтық көшірме жоқ", "There is no good backup"),
        (
            "Прежние копии целы. Посмотрите: docker compose logs --tail 20 backup",
            "Бұрынғы көшірмелер бүтін. Қараңыз: docker compose logs --tail 20 backup",
            "The older ones are kept. Look at: docker compose logs --tail 20 backup",
        ),
    ),
    kinds.CLOCK: (
        ("Часы машины врут", "Машинаның сағаты қате", "A machine's clock is wrong"),
        (
            "Включите синхронизацию времени: timedatectl set-ntp true",
            "Уақыт синхрондауын қосыңыз: timedatectl set-ntp true",
            "Turn time synchronisation on: timedatectl set-ntp true",
        ),
    ),
    kinds.STUCK: (
        ("Воркер стоял и перезапущен", "Воркер тоқтап қалып, қайта қосылды", "A worker stood still and was ended"),
        (
            "Если повторяется, пришлите журнал разработчикам: docker compose logs worker",
            "Қайталанса, журналды әзірлеушілерге жіберіңіз: docker compose logs worker",
            "Should it come again, send the log to the developers: docker compose logs worker",
        ),
    ),
}

BACKUP_LATE: Words = (
    "последней копии уже {hours} ч",
    "соңғы көшірмеге {hours} сағат болды",
    "the newest is {hours} h old",
)
BACKUP_UNFIT: Words = (
    "копия не восстановилась на пробу: {why}",
    "көшірме сынақта қалпына келмеді: {why}",
    "one could not be restored on trial: {why}",
)
TRIAL_LATE: Words = (
    "копии не восстанавливались на пробу {days} дн.",
    "көшірмелер {days} күн сынап қалпына келтірілмеді",
    "none was restored on trial for {days} days",
)

DETAILS: Mapping[str, Words] = {
    kinds.OPEN_TOO_LONG: ("{table}: {count}", "{table}: {count}", "{table}: {count}"),
    kinds.REDIS_FULL: ("занято {percent} %", "{percent} % толды", "{percent} % used"),
    kinds.TICKS: ("не тикают {minutes} мин", "{minutes} мин бойы белгі жоқ", "no tick for {minutes} min"),
    kinds.BACKUP: ("{said}", "{said}", "{said}"),
    kinds.CLOCK: (
        "{host}: {seconds} с от базы данных",
        "{host}: дерекқордан {seconds} с ауытқу",
        "{host}: {seconds} s off the database",
    ),
    kinds.STUCK: (
        "{host}: за {minutes} мин ничего не закончено",
        "{host}: {minutes} мин ішінде ештеңе аяқталмады",
        "{host}: nothing ended in {minutes} min",
    ),
}
