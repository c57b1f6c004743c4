"""A salon's choices: what may be written, and whose word holds."""

import re
from types import SimpleNamespace
from typing import Any

import pytest

from dev.demo.children import ROOT
from shared.config import Settings
from shared.salon.choices import CHECKS, CHOICES, SETTING_OF, choose, parse_receivers, parse_words, parse_write_back


def settings(**changes: Any) -> Any:
    return SimpleNamespace(**{"webkassa_vat": "auto", "fiscalize_comment_marker": "", "deposits": "by_hand", **changes})


def test_the_salons_own_word_holds_before_the_environments() -> None:
    assert choose(settings(), None, "deposits") == "by_hand"
    assert choose(settings(), SimpleNamespace(deposits=None), "deposits") == "by_hand"
    assert choose(settings(), SimpleNamespace(deposits="at_top_up"), "deposits") == "at_top_up"
    assert choose(settings(), SimpleNamespace(vat="none"), "vat") == "none"
    assert choose(settings(fiscalize_comment_marker="фч"), SimpleNamespace(comment_marker=None), "comment_marker") == "фч"


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("vat", "auto", "many"),
        ("payment_kinds", "Kaspi=mobile", "Kaspi"),
        ("fiscalize_when", "always", "never"),
        ("default_payment_method", "ask", "barter"),
        ("deposits", "at_spending", "never"),
        ("part_payments", "each", "half"),
        ("certificates_as", "goods", "money"),
        ("receipt_to_client", "webkassa, email", "fax"),
        ("receipt_to_client", "none", "none, email"),
        ("receipt_language", "kk", "uz"),
        ("write_back", "field:чек", "page"),
        ("write_back", "comment", "field:"),
        ("desk_payments", "booked", "on"),
    ],
)
def test_what_may_be_chosen(name: str, good: str, bad: str) -> None:
    assert name in CHOICES
    CHECKS[name](good)
    with pytest.raises(ValueError, match=r"none of|must be"):
        CHECKS[name](bad)


def test_words_and_ids_of_tips() -> None:
    assert parse_words("чаевые, Tips , 17, id:18,,") == ("чаевые", "Tips", "id:17", "id:18")
    assert parse_words("") == ()


@pytest.mark.parametrize(
    ("text", "receivers"),
    [("none", ()), ("Webkassa", ("webkassa",)), (" email , sms,email,", ("email", "sms"))],
)
def test_ways_of_a_receipt_to_its_customer(text: str, receivers: tuple[str, ...]) -> None:
    assert parse_receivers(text) == receivers


def test_every_choice_stands_in_the_example_with_its_default() -> None:
    example = (ROOT / ".env.example").read_text("utf-8")
    for name in CHOICES:
        setting = SETTING_OF.get(name, name)
        default = Settings.model_fields[setting].default
        assert re.search(rf"^(# )?{setting.upper()}={re.escape(default)}$", example, re.MULTILINE), setting


def test_where_receipts_are_named() -> None:
    assert [parse_write_back(text) for text in ("off", " comment ", "field: чек ")] == [None, "", "чек"]
