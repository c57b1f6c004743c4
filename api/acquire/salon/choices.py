"""Says in words what a salon has chosen, and what each choice means. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from api.acquire.words.kinds import KIND_LABELS
from api.acquire.words.text import Text
from shared.fiscal.accounts import ELSEWHERE, NO_RECEIPT, parse_accounts
from shared.fiscal.vat_rates import describe_rates, parse_vat_lines
from shared.salon.choices import CHOICES, choose, parse_receivers, parse_words

USE_LABELS: Mapping[str, Text] = {
    **{str(kind): label for kind, label in KIND_LABELS.items()},
    NO_RECEIPT: Text("bank transfer, no receipt"),
    ELSEWHERE: Text("the terminal makes the receipt"),
}


TURNOVERS: Mapping[str, Text] = {
    "standard": Text("standard (%(rates)s)", rates=describe_rates("standard")),
    "medical": Text("medical services and medicines (%(rates)s)", rates=describe_rates("medical")),
    "periodicals": Text("periodicals (%(rates)s)", rates=describe_rates("periodicals")),
    "none": Text("without VAT"),
}
_ALL = {"services": Text("all services"), "goods": Text("all goods")}


@dataclass(frozen=True, slots=True)
class Choice:
    """Describes a choice: what it is called, what its words mean, and in `hint` what follows from it."""

    label: Text
    words: Mapping[str, Text] = field(default_factory=dict)
    hint: Text | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """Holds what a choice's line on the page says; `values` are words, some with what is meant by them."""

    label: Text
    values: Sequence[tuple[Text | str, Text | str | None]]
    hint: Text | None


LABELS: Mapping[str, Choice] = {
    "fiscalize_when": Choice(
        Text("When a receipt is due"),
        {
            "paid": Text("When Altegio says that the visit is paid in full"),
            "always": Text("For every visit, as it stands"),
            "manual": Text("Only from this page"),
        },
    ),
    "comment_marker": Choice(Text("Only visits with this word in the comment")),
    "vat": Choice(
        Text("VAT"),
        {
            "none": Text("Without VAT"),
            "auto": Text("By law and the day of the service (%(rates)s)", rates=describe_rates("standard")),
        },
    ),
    "vat_lines": Choice(
        Text("Other VAT rates"),
        hint=Text(
            "Of services and goods, by a word of the name or by number. The rate is that of the day on which the service was"
            " rendered; a return keeps the rate of its sale."
        ),
    ),
    "default_payment_method": Choice(
        Text("If Altegio does not say how it was paid"),
        {**{str(kind): label for kind, label in KIND_LABELS.items()}, "ask": Text("Staff are asked")},
    ),
    "payment_kinds": Choice(
        Text("How accounts are taken"),
        hint=Text(
            "By a word of the account's title or by its number. A transfer between bank accounts needs no receipt;"
            " a terminal that is a register itself has made one already, and a second would double the turnover."
        ),
    ),
    "deposits": Choice(
        Text("Clients' deposits"),
        {
            "by_hand": Text("By hand: a manager decides about each"),
            "at_top_up": Text("A receipt when money is put on the deposit"),
            "at_spending": Text("A receipt when the deposit is spent"),
        },
        Text("Money on a deposit needs one receipt: when it is paid in or when it is spent, never at both moments."),
    ),
    "part_payments": Choice(
        Text("Payments in parts"),
        {
            "at_the_end": Text("One receipt when everything is paid"),
            "each": Text("A receipt for each payment, the rest at the end"),
        },
        Text(
            "A visit that is paid in part waits for the rest. With a receipt for each payment its line is “Предоплата”,"
            " without VAT before the day of the service; the last receipt carries only the rest."
        ),
    ),
    "tips": Choice(
        Text("Tips"),
        hint=Text("Money on an expense item or account with such a word is no part of a sale and gets no receipt."),
    ),
    "certificates_as": Choice(
        Text("A sold certificate or membership is"),
        {"services": Text("a service on the receipt"), "goods": Text("goods on the receipt")},
        Text("It gets its receipt when it is sold. What it pays later is no money and gets none."),
    ),
    "goods_codes": Choice(
        Text("Goods without GTIN and NTIN"),
        {"optional": Text("go onto the receipt as they are"), "required": Text("wait for a person, before any receipt")},
    ),
    "receipt_to_client": Choice(
        Text("How a receipt gets to the customer"),
        {
            "none": Text("It is not sent"),
            "webkassa": Text("Webkassa gets phone and e-mail"),
            "email": Text("An e-mail of our own"),
            "sms": Text("An SMS"),
            "webhook": Text("Another system is told"),
            "whatsapp-link": Text("Staff send it by WhatsApp"),
        },
        Text("To the phone and e-mail that Altegio or staff know. Nothing goes to a client who wants none."),
    ),
    "receipt_language": Choice(
        Text("Language of that message"), {"ru": Text("Russian"), "kk": Text("Kazakh"), "en": Text("English")}
    ),
    "write_back": Choice(
        Text("Receipts named in Altegio's visit"),
        {"off": Text("nowhere"), "comment": Text("by a line of the comment")},
        Text("Number and link of the receipt. A return takes them away again; what others write in the visit stays."),
    ),
    "desk_payments": Choice(
        Text("What is taken on this page"),
        {"off": Text("is not booked in Altegio"), "booked": Text("is booked in Altegio as well")},
        Text("On the salon's account of that way of payment, once, with a key of ours in the comment."),
    ),
}


def describe_choice(settings: object, cashbox: object | None, name: str) -> Chosen:
    """Returns the choice that holds for a cashbox: its own, or that of the service."""
    return say_choice(name, choose(settings, cashbox, name))


def describe_own_choices(cashbox: object) -> list[Chosen]:
    """Returns what a salon has chosen otherwise than the environment."""
    own = [(name, getattr(cashbox, name)) for name in LABELS if name in CHOICES]
    return [say_choice(name, value) for name, value in own if value is not None]


def say_choice(name: str, value: str) -> Chosen:
    """Returns what is written of a choice with this value."""
    choice = LABELS[name]
    return Chosen(choice.label, _say(name, value, choice) or [("—", None)], choice.hint)


def _say(name: str, value: str, choice: Choice) -> Sequence[tuple[Text | str, Text | str | None]]:
    if name == "payment_kinds":
        return [(_show_id(word), USE_LABELS[use]) for word, use in parse_accounts(value).items()]
    if name == "vat_lines":
        return [
            (_say_line(line), TURNOVERS.get(turnover, f"{turnover} %")) for line, turnover in parse_vat_lines(value).items()
        ]
    if name == "receipt_to_client":
        return [(choice.words[word], None) for word in parse_receivers(value) or ("none",)]
    if name == "tips":
        return [(", ".join(_show_id(word) for word in parse_words(value)), None)]
    if name == "write_back" and value.startswith("field:"):
        return [(Text("in the field %(name)s", name=value.removeprefix("field:").strip()), None)]
    if name == "vat" and value.isdigit():
        return [(f"{value} %", None)]
    return [(choice.words.get(value, value), None)] if value else []


def _say_line(known_by: str) -> Text | str:
    kind, _, number = known_by.partition(":")
    if number and kind in ("service", "good"):
        number = f"№ {number}"
        return Text("service %(number)s", number=number) if kind == "service" else Text("product %(number)s", number=number)
    return _ALL.get(known_by, known_by)


def _show_id(word: str) -> str:
    return word.replace("id:", "№ ")
