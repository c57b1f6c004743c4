"""Says in words the settings of the whole service that managers may change. Pure."""

from collections.abc import Mapping
from decimal import Decimal

from api.acquire.salon.choices import LABELS, Choice, Chosen, say_choice
from api.acquire.words.text import Text

SERVICE_LABELS: Mapping[str, Choice] = {
    "return_policy": Choice(
        Text("When Altegio takes a payment back"),
        {"manual": Text("A manager decides about the return"), "auto": Text("The return receipt is made by itself")},
        Text("By itself only on Altegio's own word, when all the money of the sale is gone, and after the time below."),
    ),
    "return_delay_seconds": Choice(Text("It waits before such a return, seconds")),
    "confirm_receipts": Choice(
        Text("Receipts are looked up at the fiscal operator"),
        {"off": Text("No"), "on": Text("Yes, and you are told of strange ones")},
    ),
    "quiet_hours": Choice(
        Text("Customers are not disturbed"),
        hint=Text("By SMS; the message is sent when the quiet ends. For example 22:00-08:00."),
    ),
    "shift_close_at": Choice(
        Text("The shift is closed at"), hint=Text("The Z-report of the night, by Almaty's clock. A shift may last 24 hours.")
    ),
    "cashier_withdrawal_ceiling": Choice(
        Text("A cashier takes out in a day at most"),
        hint=Text("Above it a manager types a PIN on the cashier's screen. Empty: no limit. 0: always a PIN."),
    ),
    "cashier_return_ceiling": Choice(
        Text("A cashier returns in a day at most"),
        hint=Text("Above it a manager types a PIN on the cashier's screen. Empty: a PIN for every return."),
    ),
    "alert_language": Choice(
        Text("Language of alerts"), {"ru": Text("Russian"), "kk": Text("Kazakh"), "en": Text("English")}
    ),
    "alert_oldest_minutes": Choice(Text("An alert when a receipt waits longer than, minutes")),
    "alert_goods_coded_percent": Choice(
        Text("An alert when fewer goods have a code than, per cent"), hint=Text("0: no such alert.")
    ),
}
_WITHOUT = {
    "cashier_withdrawal_ceiling": Text("no limit"),
    "cashier_return_ceiling": Text("every return needs a manager's PIN"),
}


def find_choice(name: str) -> Choice:
    """Returns the words of a setting that may be changed."""
    return SERVICE_LABELS[name] if name in SERVICE_LABELS else LABELS[name]


def say_setting(name: str, value: object) -> Chosen:
    """Returns what is written of a setting with this value."""
    if name not in SERVICE_LABELS:
        return say_choice(name, str(value))
    choice = SERVICE_LABELS[name]
    return Chosen(choice.label, [(_say(name, value, choice), None)], choice.hint)


def _say(name: str, value: object, choice: Choice) -> Text | str:
    if value is None:
        return _WITHOUT[name]
    if isinstance(value, Decimal):
        return Text("%(sum)s a day", sum=value)
    if isinstance(value, float):
        return f"{value:g}"
    return choice.words.get(str(value), str(value))


def write_setting(value: object) -> str:
    """Returns a value as a form shows it and `shared.salon.changeable` reads it."""
    if value is None:
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)
