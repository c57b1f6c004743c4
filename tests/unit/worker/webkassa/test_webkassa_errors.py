from typing import Any

import pytest

from worker.webkassa.errors import (
    CLASS_OF_CODE,
    AlreadyIssued,
    Blame,
    CashboxBusy,
    DomainUnavailable,
    LoginRefused,
    NotBelieved,
    NotFoundInShift,
    OfflineTooLong,
    OutcomeUnknown,
    ReceiptRejected,
    RegisterRefused,
    SessionExpired,
    ShiftExpired,
    ShiftNotOpen,
    TooManyRequests,
    UnknownVendorCode,
    WebkassaError,
    WebkassaUnavailable,
    error_from_answer,
    speaks_of_sequence,
)

# The vendor's codes by what they ask for.
CODES: dict[type[WebkassaError], set[int]] = {
    SessionExpired: {2, 3},
    ShiftExpired: {11},
    ShiftNotOpen: {12, 13},
    AlreadyIssued: {14},
    NotFoundInShift: {15, 16, 19},
    OfflineTooLong: {18},
    OutcomeUnknown: {-1},
    DomainUnavailable: {505},
    LoginRefused: {1},
    RegisterRefused: {4, 5, 6, 7, 10, 1024, 1404},
    ReceiptRejected: {8, 9, 17, 20, 3001, 3002, *range(1000, 1024), *range(1025, 1035), *range(2001, 2008)},
}


def item(code: Any, text: str = "текст") -> dict[str, Any]:
    return {"Code": code, "Text": text}


def test_every_documented_code_has_its_class_and_no_other_has() -> None:
    assert {code: kind for kind, codes in CODES.items() for code in codes} == CLASS_OF_CODE


@pytest.mark.parametrize("code", sorted(CLASS_OF_CODE))
def test_code_becomes_its_class(code: int) -> None:
    error = error_from_answer([item(code)], {"raw": 1})
    assert type(error) is CLASS_OF_CODE[code]
    assert (error.code, error.text, error.response) == (str(code), "текст", {"raw": 1})


@pytest.mark.parametrize(
    "text",
    [
        "Запросы по одной кассе должны выполняться последовательно",
        "Параллельные запросы запрещены",
        "Одновременная отправка",
        "Requests must be sequential",
    ],
)
def test_nine_about_sequence_is_a_busy_cashbox(text: str) -> None:
    assert type(error_from_answer([item(9, text)], None)) is CashboxBusy
    assert type(error_from_answer([item(8, text)], None)) is ReceiptRejected


@pytest.mark.parametrize(
    "text",
    [
        "Позиция «Стрижка одновременно»: Налог подсчитан неверно",
        "Позиция «Набор «Два» одновременно»: Налог подсчитан неверно",
        "Позиция 'Крем O'Hara одновременно': Налог подсчитан неверно",
        'Позиция "Набор "Два" одновременно": Налог подсчитан неверно',
        "Позиция “Стрижка одновременно”: Налог подсчитан неверно",
        "Позиция „Стрижка одновременно“: Налог подсчитан неверно",
        "Позиция ‘Стрижка одновременно’: Налог подсчитан неверно",
        "Позиция `sequential`: Налог подсчитан неверно",
        "Длина поля превышена: «Стрижка и укладка одновремен",
        "Длина поля превышена: 'Стрижка и укладка одновремен",
    ],
)
def test_words_that_are_quoted_make_no_cashbox_busy(text: str) -> None:
    assert type(error_from_answer([item(9, text)], None)) is ReceiptRejected


@pytest.mark.parametrize(
    ("text", "names", "is_busy"),
    [
        ("Позиция Стрижка  одновременно: Налог", ["Стрижка одновременно"], False),
        ("позиция СТРИЖКА ОДНОВРЕМЕННО: налог", ["Стрижка одновременно"], False),
        ("Стрижка одновременно", ["Стрижка одновременно"], False),
        ("Стрижка одновременно плюс: Налог", ["Стрижка", "Стрижка одновременно плюс"], False),
        ("Касса Параллельный мир: налог", ["мир", "Параллельный мир"], False),
        ("Стрижка «запросы выполняются последовательно»", ["Стрижка"], True),
        ("Позиция Стрижка одновременно: Налог", ["Укладка"], True),
        ("Запросы выполняются последовательно", ["о", "", "выполняются"], True),
        ("«Запросы выполняются последовательно»", [], True),
        ("Касса «SWK00000001»: запросы выполняются последовательно", [], True),
        ("The cashbox's requests must be sequential; don't overlap", [], True),
    ],
)
def test_names_of_our_own_make_no_cashbox_busy(text: str, names: list[str], is_busy: bool) -> None:
    assert speaks_of_sequence(text, names) is is_busy


@pytest.mark.parametrize(
    ("codes", "kind"),
    [
        pytest.param([9, 14], AlreadyIssued, id="the-receipt-exists-whatever-else"),
        pytest.param([9, 2], SessionExpired, id="nothing-else-counts-without-a-session"),
        pytest.param([9, 11], ShiftExpired, id="the-shift-comes-before-the-request"),
        pytest.param([7, 18], OfflineTooLong, id="the-register-cannot-work-at-all"),
        pytest.param([7777, 9], UnknownVendorCode, id="first-of-equals"),
        pytest.param([9, 7], RegisterRefused, id="a-blocked-register-before-a-wrong-body"),
        pytest.param([9, 8], ReceiptRejected, id="both-permanent"),
        pytest.param([None, 9], ReceiptRejected, id="a-code-before-none"),
    ],
)
def test_the_code_that_says_more_wins(codes: list[int], kind: type[WebkassaError]) -> None:
    error = error_from_answer([item(code, f"t{code}") for code in codes], None)
    assert type(error) is kind
    assert error.text == "; ".join(f"t{code}" for code in codes)


@pytest.mark.parametrize(
    "fault", [{}, {"Code": None}, {"Code": "странно"}, {"Code": []}, {"Code": True}, {"Code": 7777}, {"Code": -2}]
)
def test_what_nobody_documented_is_asked_about(fault: dict[str, Any]) -> None:
    assert type(error_from_answer([fault], None)) is UnknownVendorCode


@pytest.mark.parametrize(
    "fault", [{"Code": "11"}, {"Code": " 11.0 "}, {"code": 11, "text": "a"}, {"Code": 11, "Text": None}]
)
def test_odd_spellings_of_a_known_code(fault: dict[str, Any]) -> None:
    assert type(error_from_answer([fault], None)) is ShiftExpired


def test_spare_hosts_come_along() -> None:
    error = error_from_answer([item(505)], None, ("a.test", "b.test"))
    assert isinstance(error, DomainUnavailable)
    assert error.alternatives == ("a.test", "b.test")


@pytest.mark.parametrize(
    ("kind", "blame"),
    [
        (ReceiptRejected, Blame.RECEIPT),
        (RegisterRefused, Blame.REGISTER),
        (LoginRefused, Blame.REGISTER),
        (TooManyRequests, Blame.MOMENT),
        (ShiftExpired, Blame.MOMENT),
        (CashboxBusy, Blame.MOMENT),
        (OfflineTooLong, Blame.REGISTER),
        (WebkassaUnavailable, Blame.SERVICE),
        (DomainUnavailable, Blame.SERVICE),
        (OutcomeUnknown, Blame.SERVICE),
        (UnknownVendorCode, Blame.UNCLEAR),
        (NotBelieved, Blame.UNCLEAR),
        (AlreadyIssued, Blame.UNCLEAR),
        (SessionExpired, Blame.REGISTER),
        (ShiftNotOpen, Blame.UNCLEAR),
        (NotFoundInShift, Blame.UNCLEAR),
    ],
)
def test_blame(kind: type[WebkassaError], blame: Blame) -> None:
    assert kind("text").blame is blame


def test_what_is_not_believed_has_a_word_of_our_own_for_a_code() -> None:
    assert NotBelieved("why").code == "not_believed"


def test_no_text_of_an_error_is_without_end_or_unstorable() -> None:
    error = WebkassaUnavailable("x\x00\ud83d" * 5000)
    assert (len(error.text) <= 2000, str(error) == error.text, set(error.text)) == (True, True, {"x"})


def test_text_names_the_code() -> None:
    assert str(ReceiptRejected("Касса заблокирована", code=7)) == "code 7: Касса заблокирована"
    assert str(WebkassaUnavailable("cannot be reached")) == "cannot be reached"
