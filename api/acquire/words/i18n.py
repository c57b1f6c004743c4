"""Speaks the languages of the payment page: catalogs of templates/locales/*.po, numbers and dates in the reader's habit."""

import io
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import Translations

from api.acquire.words.text import Text
from shared.clock import ALMATY, almaty_date, utc_now
from shared.fiscal.money import is_whole

LOCALES = Path(__file__).resolve().parents[3] / "templates" / "locales"
LANGUAGES = {"ru": "Русский", "kk": "Қазақша", "en": "English"}
DEFAULT_LANGUAGE = "ru"
_NUMERALS = {"ru": "ru", "kk": "kz", "en": "en"}
NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"


def choose_language(wanted: str | None) -> str:
    """Returns the language if it is one of ours, else the default."""
    return wanted if wanted in LANGUAGES else DEFAULT_LANGUAGE


@lru_cache
def get_translations(language: str) -> Translations:
    """Returns the catalog of a language, compiled in memory: a forgotten .mo file cannot show yesterday's words."""
    with (LOCALES / language / "LC_MESSAGES" / "messages.po").open("rb") as source:
        catalog = read_po(source, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)


# A list says the same sums and days again and again, and babel takes as long for each as for the first.
@lru_cache(maxsize=4096)
def _write_money(amount: Decimal, language: str) -> str:
    pattern = "#,##0" if is_whole(amount) else "#,##0.00"
    return format_decimal(amount, format=pattern, locale=language) + f"{NO_BREAK_SPACE}₸"


@lru_cache(maxsize=1024)
def _write_short_day(day: date, language: str) -> str:
    return format_date(day, "d MMM", locale=language)


class Speaker:
    """Says things in one language: texts, sums, numbers, days and times of Almaty."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.translations = get_translations(language)

    def say(self, text: Text | str | None) -> str:
        """Translates a text and fills in its values; a plain string stays as it is."""
        if not isinstance(text, Text):
            return text or ""
        return self.translations.gettext(text.msgid) % {name: self._show(value) for name, value in text.values.items()}

    def money(self, amount: Decimal | int | None) -> str:
        """Writes `4 000 ₸`, with tiyn only where there are some. Lines kept as JSON may hold whole numbers as int."""
        if amount is None:
            return "—"
        return _write_money(Decimal(amount), self.language)

    def words(self, amount: Decimal) -> str:
        """Writes `Четыре тысячи тенге 00 тиын`: a sum that nobody can change with a pen."""
        from num2words import num2words  # noqa: PLC0415 - all the languages of the world, for the first receipt that is shown

        tenge, tiyn = divmod(int(amount * 100), 100)
        numeral = num2words(tenge, lang=_NUMERALS[self.language])
        said = self.say(Text("%(tenge)s tenge %(tiyn)s tiyn", tenge=numeral, tiyn=f"{tiyn:02}"))
        return said[0].upper() + said[1:]

    def count(self, number: Decimal | int | str) -> str:
        """Writes a number with up to three decimals."""
        return format_decimal(Decimal(str(number)), format="#,##0.###", locale=self.language)

    def plain(self, number: Decimal) -> str:
        """Writes a number for input fields: no grouping, which could be read as a decimal point."""
        return f"{number.normalize():f}"

    def day(self, moment: date | datetime) -> str:
        return format_date(_local(moment), "d MMMM y", locale=self.language)

    def short_day(self, moment: date | datetime) -> str:
        local = _local(moment)
        return _write_short_day(local.date() if isinstance(local, datetime) else local, self.language)

    def day_in_words(self, moment: date | datetime) -> str:
        """Writes `сб 28 ноября`, with the year of another year than this."""
        day = _local(moment)
        pattern = "ccc d MMMM" if day.year == almaty_date(utc_now()).year else "ccc d MMMM y"
        return format_date(day, pattern, locale=self.language)

    def weekday(self, moment: date | datetime) -> str:
        return format_date(_local(moment), "EEE d MMMM", locale=self.language)

    def short_weekday(self, moment: date | datetime) -> str:
        return format_date(_local(moment), "EEEEEE", locale=self.language)

    def thousands(self, amount: Decimal) -> str:
        """Writes a sum in thousands, for the small cells of a calendar."""
        return format_decimal(amount / 1000, format="#,##0", locale=self.language)

    def month(self, moment: date | datetime) -> str:
        return format_date(_local(moment), "LLLL y", locale=self.language)

    def time(self, moment: datetime) -> str:
        return format_datetime(_local(moment), "HH:mm", locale=self.language)

    def clock(self, moment: datetime) -> str:
        return format_datetime(_local(moment), "HH:mm:ss", locale=self.language)

    def moment(self, moment: datetime) -> str:
        return format_datetime(_local(moment), "dd.MM.y HH:mm:ss", locale=self.language)

    def _show(self, value: Any) -> str:
        if isinstance(value, Decimal):
            return self.money(value)
        if isinstance(value, datetime):
            return self.time(value)
        return self.say(value) if isinstance(value, Text) else str(value)


def _local(moment: date | datetime) -> Any:
    """Almaty's wall clock, without a zone: Babel would turn an aware time back into UTC."""
    return moment.astimezone(ALMATY).replace(tzinfo=None) if isinstance(moment, datetime) else moment
