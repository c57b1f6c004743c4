"""On which account money of a kind is booked: a certain one, or none."""

from typing import Any

import pytest

from shared.fiscal.accounts import parse_accounts
from worker.rounds.write_back.accounts import choose_account
from worker.salon.policy import Policy

CASH = {"id": 1, "title": "Основная касса", "type": 0}
CARD = {"id": 2, "title": "Терминал", "type": 1}
KASPI = {"id": 3, "title": "Kaspi Gold", "type": 1}
BANK = {"id": 4, "title": "Расчётный счёт", "type": 1}
TIPS = {"id": 5, "title": "Чаевые", "type": 0}
DEPOSITS = {"id": 6, "title": "Депозиты", "type": 0}
SECOND = {"id": 7, "title": "Касса косметолога", "type": 0}
WORDS = "Kaspi=mobile, Расчетный счет=none"


@pytest.mark.parametrize(
    ("rows", "words", "kind", "account"),
    [
        ([CASH, CARD, KASPI], WORDS, "cash", 1),
        ([CASH, CARD, KASPI, BANK], WORDS, "card", 2),
        ([CASH, CARD, KASPI], WORDS, "mobile", 3),
        ([CASH, TIPS, DEPOSITS], WORDS, "cash", 1),
        ([CASH, SECOND], WORDS, "cash", None),
        ([CASH, SECOND], "id:7=cash", "cash", 7),
        ([CASH, SECOND], "id:7=cash, id:1=cash", "cash", None),
        ([CARD], WORDS, "cash", None),
        ([], WORDS, "cash", None),
        ([{"id": 9, "title": "без рода"}, "нечто", {"title": "без номера", "type": 0}, CASH], WORDS, "cash", 1),
    ],
)
def test_the_only_one_of_a_kind(rows: list[Any], words: str, kind: str, account: int | None) -> None:
    assert choose_account(rows, kind, Policy(accounts=parse_accounts(words))) == account
