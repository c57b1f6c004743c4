"""Our own words in Altegio: written once, recognised again, and no marker of anybody."""

from uuid import UUID

import pytest

from shared.fiscal.own_words import (
    IssuedReceipt,
    find_desk_key,
    find_receipt_lines,
    leave_out_receipts,
    make_desk_key,
    name_receipts,
)

ONE = IssuedReceipt("1795887435004", "http://ofd.example/consumer?i=1&s=9500.00")
OTHER = IssuedReceipt("99", None)


@pytest.mark.parametrize("text", ["", "аллергия", "две\nстроки", "две\r\nстроки ", "\nс пустой\n"])
def test_named_and_left_out_again_a_text_is_what_it_was(text: str) -> None:
    named = name_receipts(text, [ONE, OTHER])
    assert find_receipt_lines(named) == [ONE.line, OTHER.line]
    assert name_receipts(named, [ONE, OTHER]) == named
    assert name_receipts(named, []) == text


def test_only_what_is_in_force_is_named() -> None:
    assert name_receipts(name_receipts("аллергия", [ONE]), [OTHER]) == f"аллергия\n{OTHER.line}"


def test_what_somebody_wrote_beside_our_words_stays() -> None:
    assert leave_out_receipts(f"{ONE.line} отдали\nпостоянная") == " отдали\nпостоянная"
    assert name_receipts(f"{ONE.line} отдали", [ONE]) == f"{ONE.line} отдали"


def test_a_link_with_a_blank_is_left_out() -> None:
    assert IssuedReceipt("1", "http://x/ y").line == "Чек Webkassa № 1"


def test_a_key_is_known_again_among_other_words() -> None:
    key = make_desk_key(UUID("0f8fad5b-d9cb-469f-a165-70867728950e"), "cash")
    assert key == "wk-0f8fad5bd9cb469f-cash"
    assert find_desk_key(f"Визит 1, {key}") == key
    assert find_desk_key("Оплата wk-0f8f-cash") is None
    assert find_desk_key("") is None
