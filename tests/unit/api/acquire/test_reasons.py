"""Reasons in words: whatever the worker may say of a decision is known here, and what nobody foresaw stays as it is."""

import ast
import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from api.acquire.wire.words.reasons import explain_reason, is_known
from api.acquire.wire.words.rules import PARTS, RULES
from api.acquire.words.i18n import Speaker
from api.acquire.words.text import Text

ROOT = Path(__file__).resolve().parents[4]
SOURCES = [*sorted((ROOT / "worker").rglob("*.py")), ROOT / "api" / "webhook" / "envelopes.py"]
# What carries a reason, and which of its arguments it is.
SAYING = {
    **dict.fromkeys(
        ("ignored", "awaiting", "processed", "waiting", "Ignore", "AwaitPayment", "AlreadyReceipted", "ReturnDue"), 0
    ),
    **dict.fromkeys(("dead", "retrying", "AskPerson", "CannotBuild", "Doubt"), 1),
    **dict.fromkeys(("DeadLetter", "AnswerTooOld", "NoRate", "find_reason_to_ignore_goods"), 0),
    "give_up_unknown": 4,
}
# Functions whose text is a reason, or a part of one.
TELLING = re.compile(r"_?(describe|say|find_reason|unknown|name_why)\w*|done")
ROOMS = (
    "worker/decide",
    "worker/receipt/lines.py",
    "worker/receipt/vat.py",
    "worker/salon/goods_codes.py",
    "api/webhook",
    "worker/webkassa/retry_policy.py",
)


def list_sources() -> list[Path]:
    return [path for path in SOURCES if str(path.relative_to(ROOT)).startswith(ROOMS)]


def find_texts(tree: ast.Module) -> Iterator[tuple[int, ast.expr]]:
    """What is said where a reason is expected: directly, by a name of the function or the module, or returned."""
    constants = dict(list_named(tree.body))
    for function in [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]:
        named = constants | dict(list_named(ast.walk(function)))
        for node in ast.walk(function):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                place = SAYING.get(name)
                if place is not None and len(node.args) > place:
                    yield from open_up(node.args[place], named)
            elif isinstance(node, ast.Return) and node.value is not None and TELLING.fullmatch(function.name):
                yield from open_up(node.value, named)


def list_named(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ast.expr]]:
    for node in nodes:
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            if isinstance(target, ast.Name):
                yield target.id, node.value
            elif isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                yield from (
                    (one.id, value)
                    for one, value in zip(target.elts, node.value.elts, strict=True)
                    if isinstance(one, ast.Name)
                )


def open_up(said: ast.expr, named: dict[str, ast.expr]) -> Iterator[tuple[int, ast.expr]]:
    if isinstance(said, ast.IfExp):
        yield from open_up(said.body, named)
        yield from open_up(said.orelse, named)
    elif isinstance(said, ast.Name) and said.id in named:
        yield from open_up(named.pop(said.id), named)
    elif isinstance(said, ast.JoinedStr):
        yield said.lineno, said
        for part in said.values:
            if isinstance(part, ast.FormattedValue) and isinstance(part.value, ast.Name) and part.value.id in named:
                yield from open_up(named.pop(part.value.id), named)
    elif isinstance(said, ast.Constant) and isinstance(said.value, str):
        yield said.lineno, said


def list_pieces(said: ast.expr) -> Iterator[str]:
    values = said.values if isinstance(said, ast.JoinedStr) else [said]
    for value in values:
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            yield value.value


def list_said() -> list[tuple[str, str]]:
    """Each piece of words that is a reason or a part of one, with where it stands."""
    found = []
    for path in list_sources():
        tree = ast.parse(path.read_text("utf-8"))
        for line, said in find_texts(tree):
            found += [(f"{path.relative_to(ROOT)}:{line}", piece) for piece in list_pieces(said)]
    return found


KNOWN = [re.sub(r"<\w+>|<\w+ ₸>", "\0", said) for said, _ in (*RULES, *PARTS)]
# Pieces too short to be told from another, and separators.
_SHORT = 5


def is_piece_known(piece: str) -> bool:
    words = piece.replace(" ₸", "").strip(" :;,.'")
    return len(words) < _SHORT or any(words in known for known in KNOWN)


def test_the_walk_sees_the_sources() -> None:
    said = {piece for _, piece in list_said()}
    assert len(said) > 80
    assert {"nothing was sold", "payments of this visit may follow", "Altegio is asked again: "} <= said


def test_every_reason_of_the_worker_has_words() -> None:
    assert [(where, piece) for where, piece in list_said() if not is_piece_known(piece)] == []


@pytest.mark.parametrize("said", [said for said, _ in RULES])
def test_each_of_them_is_recognised(said: str) -> None:
    sample = re.sub(r"<parts>", "10.00 ₸ by bonuses, 5 ₸ by certificate", said)
    sample = re.sub(r"<(said|told)>", "cash 10.00 ₸, card 5.00 ₸", sample)
    sample = re.sub(r"<\w+ ₸>", "100.50 ₸", re.sub(r"<\w+>", "7", sample))
    explained = explain_reason(sample)
    assert isinstance(explained, Text), sample
    for language in ("ru", "kk", "en"):
        told = Speaker(language).say(explained)
        assert "%(" not in told
        assert " ₸" not in told, "sums are written as money"


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("not paid in full yet: 100.00 ₸ of 200.00 ₸", "Оплачено не полностью: 100\u00a0₸ из 200\u00a0₸."),
        (
            "return due: the record is no longer paid in full",
            "Нужен возврат: Altegio больше не считает визит полностью оплаченным.",
        ),
        (
            "needs no receipt: paid 10 ₸ by bonuses, 20 ₸ from the client's deposit",
            "Чек не нужен: оплачено 10\u00a0₸ бонусами и 20\u00a0₸ с депозита клиента.",
        ),
        (
            "5.00 ₸ less than was paid: the receipt says card 10.00 ₸, Altegio now says card 5.00 ₸",
            "На 5\u00a0₸ меньше, чем было оплачено: в чеке карта 10\u00a0₸, в Altegio теперь карта 5\u00a0₸.",
        ),
        ("gave up after 10 attempts: Непредвиденная ошибка", "Попыток: 10, больше не пробуем: Непредвиденная ошибка"),
    ],
)
def test_how_they_are_said(reason: str, told: str) -> None:
    assert Speaker("ru").say(explain_reason(reason)) == told


@pytest.mark.parametrize("reason", ["Webkassa: ошибка 9", "a word of tomorrow", "x" * 5000])
def test_what_nobody_foresaw_stays_as_it_is(reason: str) -> None:
    assert not is_known(reason)
    assert explain_reason(reason) == reason[:1000]
    assert explain_reason(None) is None


def test_sums_are_money() -> None:
    explained = explain_reason("100.50 ₸ were paid, the visit has no lines")
    assert isinstance(explained, Text)
    assert explained.values == {"sum_paid": Decimal("100.50")}
