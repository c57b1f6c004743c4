"""Words alerts about what a salon has to see to. Pure, as `wording` is."""

from collections.abc import Mapping

from worker.alerts import kinds

Words = tuple[str, str, str]

# What is wrong; what to do. In Russian, Kazakh, English.
KINDS: Mapping[str, tuple[Words, Words]] = {
    kinds.UNKNOWN_COMPANY: (
        ("Вебхук неизвестного филиала", "Белгісіз филиалдан вебхук", "A webhook of an unknown salon"),
        (
            "Если филиал ваш, дайте ему кассу: celery -A worker cashboxes add",
            "Филиал сіздікі болса, оған касса беріңіз: celery -A worker cashboxes add",
            "If the salon is yours, give it a cashbox: celery -A worker cashboxes add",
        ),
    ),
    kinds.GOODS_UNCODED: (
        ("Товары уходят в чеки без кода", "Тауарлар чекке кодсыз түседі", "Goods go onto receipts without a code"),
        (
            "Впишите GTIN или NTIN на странице настроек или: celery -A worker receipts goods --without-code",
            "Баптаулар бетінде GTIN немесе NTIN жазыңыз немесе: celery -A worker receipts goods --without-code",
            "Write GTIN or NTIN on the settings page, or: celery -A worker receipts goods --without-code",
        ),
    ),
    kinds.OPEN_MONEY: (
        (
            "Смена закрыта, а визиты оплачены не полностью",
            "Ауысым жабылды, ал сапарлар толық төленбеген",
            "Visits are paid in part",
        ),
        (
            "Список с давностью — на странице сверки. Долги примите в Altegio или на странице оплаты.",
            "Мерзімімен тізім — салыстыру бетінде. Қарыздарды Altegio-да немесе төлем бетінде қабылдаңыз.",
            "The page of the books lists them with their age. Take debts in Altegio or on the payment page.",
        ),
    ),
    kinds.NOT_WRITTEN_BACK: (
        (
            "Номер чека не записан в визит Altegio",
            "Чек нөмірі Altegio сапарына жазылмады",
            "A visit does not name its receipt",
        ),
        (
            "Чек оформлен, повторять его не нужно. Сверьте визит; номер чека — на странице оплаты.",
            "Чек рәсімделген, қайталау керек емес. Сапарды тексеріңіз; чек нөмірі төлем бетінде.",
            "The receipt is issued, nothing need be repeated. Compare the visit; the number is on the payment page.",
        ),
    ),
    kinds.NOT_BOOKED: (
        (
            "Оплата со страницы не проведена в Altegio",
            "Беттегі төлем Altegio-ға енгізілмеді",
            "A desk payment is not booked",
        ),
        (
            "Чек оформлен. Проведите оплату в Altegio вручную, если её там нет, или назовите кассу в PAYMENT_KINDS.",
            "Чек рәсімделген. Altegio-да жоқ болса, төлемді қолмен енгізіңіз немесе PAYMENT_KINDS ішінде кассаны атаңыз.",
            "The receipt is issued. Book it in Altegio by hand if it is not there, or name the account in PAYMENT_KINDS.",
        ),
    ),
    kinds.OPERATOR_DENIES: (
        ("Оператор не подтверждает чек", "Оператор чекті растамайды", "The operator does not confirm a receipt"),
        (
            "Откройте ссылку чека. Если его там нет, спросите поддержку Webkassa; второй чек не оформляйте.",
            "Чек сілтемесін ашыңыз. Онда жоқ болса, Webkassa қолдауынан сұраңыз; екінші чек рәсімдемеңіз.",
            "Open the receipt's link. If it is not there ask Webkassa's support; make no second receipt.",
        ),
    ),
}

# The lines of conditions.
DETAILS: Mapping[str, Words] = {
    kinds.UNKNOWN_COMPANY: (
        "филиал {company}: ждут {count}",
        "филиал {company}: күтіп тұр {count}",
        "salon {company}: {count} wait",
    ),
    kinds.GOODS_UNCODED: (
        "филиал {company}: с кодом {percent} % строк, без кода {count}",
        "филиал {company}: жолдардың {percent} % коды бар, кодсыз {count}",
        "salon {company}: {percent} % of the lines have a code, {count} have none",
    ),
    kinds.OPEN_MONEY: (
        "касса {cashbox}: долги {debts} ₸, старшему {oldest} дн.; предоплаты {prepaid} ₸",
        "касса {cashbox}: қарыз {debts} ₸, ең ескісі {oldest} күн; алдын ала төлем {prepaid} ₸",
        "cashbox {cashbox}: debts {debts} ₸, the oldest {oldest} d.; prepayments {prepaid} ₸",
    ),
    kinds.NOT_WRITTEN_BACK: (
        "филиал {company}, визит {visit}: {reason}",
        "филиал {company}, сапар {visit}: {reason}",
        "salon {company}, visit {visit}: {reason}",
    ),
    kinds.NOT_BOOKED: (
        "филиал {company}, визит {visit}, {amount} ₸: {reason}",
        "филиал {company}, сапар {visit}, {amount} ₸: {reason}",
        "salon {company}, visit {visit}, {amount} ₸: {reason}",
    ),
    kinds.OPERATOR_DENIES: (
        "чек {number}, {total} ₸: {said}",
        "чек {number}, {total} ₸: {said}",
        "receipt {number}, {total} ₸: {said}",
    ),
}
