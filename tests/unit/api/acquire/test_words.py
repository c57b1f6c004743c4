"""Words: every one is translated, and numbers and times are written as their readers are used to."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from api.acquire.visits.states import EXPLANATIONS, FILTER_LABELS, LABELS, Filter, VisitState
from api.acquire.words.advice import ADVICE, explain
from api.acquire.words.i18n import LANGUAGES, LOCALES, Speaker
from api.acquire.words.text import Text
from worker.webkassa.errors import CLASS_OF_CODE, ReceiptRejected

ROOT = Path(__file__).resolve().parents[4]
_VALUE = re.compile(r"%\((\w+)\)s")


def find_words() -> set[str]:
    sources = [
        (ROOT / "api", [("acquire/**.py", "python"), ("errors.py", "python")], {"Text": None}),
        (ROOT / "templates" / "acquire", [("**.html", "jinja2")], None),
    ]
    return {
        str(message)
        for folder, methods, keywords in sources
        for _, _, message, _, _ in extract_from_dir(folder, methods, **({"keywords": keywords} if keywords else {}))
    }


def read_catalog(language: str) -> Catalog:
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        return read_po(source, locale=language)


def translations(language: str) -> Iterator[tuple[str, str]]:
    yield from ((str(m.id), str(m.string)) for m in read_catalog(language) if m.id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_translated_and_none_is_left_over(language: str) -> None:
    words = find_words()
    assert len(words) > 200
    known = dict(translations(language))
    assert set(known) == words
    assert all(known.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_use_the_values_of_their_originals(language: str) -> None:
    for original, translated in translations(language):
        assert set(_VALUE.findall(translated)) == set(_VALUE.findall(original)), original
        assert "%" not in _VALUE.sub("", translated), original


@pytest.mark.parametrize("language", ["ru", "kk"])
def test_nothing_was_left_in_english(language: str) -> None:
    same = {original for original, translated in translations(language) if original == translated}
    assert same <= {"Webkassa", "Altegio"}


# What staff read wrongly or not at all: an instalment plan for a mixed payment, a journey for a visit, words of a machine.
OLD = {
    "ru": (
        "По частям",
        "Денежный ящик",
        "позовите поддержку",
        r"\bвебхук\b",
        "Нужно внимание",
        "Кто что сделал",
        "Мобильный",
        "В Webkassa$",
        "В очереди",
        "В работе",
        "[Тт]очн(ые слова|ом тексте)",
        "слова Webkassa",
        "не сходятся с ценой",
        "меньше нуля",
        "может быть в чеке",
        "чем подключена касса",
        "или кончилась",
        "даст новый чек",
        "Пробивать чек не на что",
        "не пробит: нужен человек",
        "появится с первым",
        "в окружении сервиса",
        "Что делаем",
        "Кажущиеся",
        "Не наш",
        "Чужой документ",
        "[Зз]адание (сохранено|$)",
        "Оплаченные и остальные",
        "Почему",
        r"принял\(а\)",
        "Вернуть деньги",
        "Деньги вернутся",
        "не согласна с содержанием",
    ),
    "kk": (
        "қайтарымсыз",
        "Бөліп төлеу",
        "[Сс]апар",
        "^Қайтарым$",
        "Назар керек",
        "^Төлеуге$",
        "^(Салу|Алу)$",
        "Күнге ұсақ ақша",
        "қолдауды шақырыңыз",
        "сервис ортасында",
        "[Дд]әл (сөздері|мәтін)",
        "Кім не істеді",
        "^Ертерек$",
        "^Мобильді$",
        "[Аа]йырма(лар)?( |:|$)",
        r"\bформа",
        # Endings of cases after a time or a day fit some numbers only: it stands after a colon.
        r"%\((time|day)\)s(-де|-да| дейін| бастап| төленді)",
    ),
    "en": ("given up", "exact words", "^Order$"),
}


@pytest.mark.parametrize("language", OLD)
def test_words_that_mislead_do_not_come_back(language: str) -> None:
    said = [translated for _, translated in translations(language)]
    assert [(old, text) for old in OLD[language] for text in said if re.search(old, text)] == []


def test_the_list_of_words_is_that_of_the_catalogs() -> None:
    known = {language: dict(translations(language)) for language in ("ru", "kk")}
    table = re.findall(
        r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|", (ROOT / "docs" / "words.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(table) > 25
    for msgid, russian, kazakh in table[1:]:
        assert (known["ru"][msgid], known["kk"][msgid]) == (russian, kazakh)


def test_every_state_has_words() -> None:
    assert set(LABELS) == set(EXPLANATIONS) == set(VisitState)
    assert set(FILTER_LABELS) == set(Filter)


def test_every_refusal_of_webkassa_has_advice() -> None:
    for code, error in CLASS_OF_CODE.items():
        advice = explain(str(code))
        assert advice.what.msgid
        if issubclass(error, ReceiptRejected) and code < 1000:
            assert advice is ADVICE[str(code)], code
    for code in (None, "CashboxBusy", "OutcomeUnknown", "503", "nobody knows"):
        assert explain(code).todo.msgid


@pytest.mark.parametrize(
    ("language", "amount", "shown"),
    [
        ("ru", "4000.00", "4\u00a0000\u00a0₸"),
        ("ru", "1234567.5", "1\u00a0234\u00a0567,50\u00a0₸"),
        ("kk", "4000.05", "4\u00a0000,05\u00a0₸"),
        ("en", "4000.50", "4,000.50\u00a0₸"),
        ("en", "0", "0\u00a0₸"),
    ],
)
def test_money_as_its_readers_write_it(language: str, amount: str, shown: str) -> None:
    assert Speaker(language).money(Decimal(amount)) == shown


def test_times_are_almatys() -> None:
    speaker = Speaker("ru")
    late = datetime(2026, 11, 19, 19, 30, 5, tzinfo=UTC)
    assert (speaker.day(late), speaker.time(late)) == ("20 ноября 2026", "00:30")
    assert speaker.moment(late) == "20.11.2026 00:30:05"
    assert speaker.short_day(date(2026, 11, 20)) == "20 нояб."


def test_values_are_said_in_the_language_too() -> None:
    text = Text("Already paid at %(time)s, taken by %(name)s.", time=datetime(2026, 1, 1, 7, 3, tzinfo=UTC), name="100%")
    assert Speaker("ru").say(text) == "Уже оплачено в 12:03, кассир: 100%."
    assert (
        Speaker("en").say(Text("Less than the cash part, %(cash)s.", cash=Decimal(5)))
        == "Less than the cash part, 5\u00a0₸."
    )


@pytest.mark.parametrize("number", ["1", "2500", "0.5", "1000.000", "1E+3"])
def test_numbers_in_fields_are_read_back_as_they_were(number: str) -> None:
    assert Decimal(Speaker("en").plain(Decimal(number))) == Decimal(number)


@pytest.mark.parametrize(
    ("language", "amount", "words"),
    [
        ("ru", "21002.50", "Двадцать одна тысяча два тенге 50 тиын"),
        ("ru", "1000000", "Один миллион тенге 00 тиын"),
        ("kk", "4000.05", "Төрт мың теңге 05 тиын"),
        ("en", "7500", "Seven thousand, five hundred tenge 00 tiyn"),
        ("en", "0.99", "Zero tenge 99 tiyn"),
    ],
)
def test_sums_in_words(language: str, amount: str, words: str) -> None:
    assert Speaker(language).words(Decimal(amount)) == words
