from decimal import Decimal
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.acquire.payment.form import FormErrors, Payment, read_payment, read_typed_amount
from shared.fiscal.money import InvalidAmount
from shared.fiscal.statuses import PaymentKind

KEY = str(uuid4())
AMOUNTS = st.integers(0, 10**9).map(lambda tiyn: Decimal(tiyn) / 100)


@pytest.mark.parametrize(
    ("typed", "amount"),
    [
        ("4000", "4000"),
        (" 4 000 ", "4000"),
        ("4\u202f000,5 ₸", "4000.50"),
        ("0.01", "0.01"),
        ("0", "0"),
        ("007", "7"),
        ("999999999999.99", "999999999999.99"),
    ],
)
def test_sums_as_people_type_them(typed: str, amount: str) -> None:
    assert read_typed_amount(typed) == Decimal(amount)


@pytest.mark.parametrize(
    "typed", ["-1", "+1", "1e3", "1,2,3", "1.234", "NaN", "Infinity", "x", ".5", "5.", "١٢", "9" * 13, "4'000"]
)
def test_other_words_are_no_sums(typed: str) -> None:
    with pytest.raises(InvalidAmount):
        read_typed_amount(typed)


@given(st.text(max_size=30))
def test_whatever_is_typed_is_a_sum_nothing_or_refused(typed: str) -> None:
    try:
        amount = read_typed_amount(typed)
    except InvalidAmount:
        return
    assert amount is None or (amount >= 0 and amount == amount.quantize(Decimal("0.01")))


@given(AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)
def test_a_split_is_taken_exactly_when_it_adds_up(cash: Decimal, card: Decimal, mobile: Decimal, total: Decimal) -> None:
    typed = {"form_key": KEY, "method": "split"}
    typed |= {"amount_cash": str(cash), "amount_card": str(card), "amount_mobile": str(mobile)}
    for asked in (total, cash + card + mobile):
        read = read_payment(typed, asked)
        assert isinstance(read, Payment) is (cash + card + mobile == asked)
        if isinstance(read, Payment):
            assert read.total == asked
            assert all(amount > 0 for amount in read.parts.values())


@given(AMOUNTS.filter(bool), AMOUNTS)
def test_change_is_what_was_received_without_what_is_owed(total: Decimal, received: Decimal) -> None:
    read = read_payment({"form_key": KEY, "method": "cash", "cash_received": str(received)}, total)
    if received < total:
        assert isinstance(read, FormErrors)
        assert set(read.by_field) == {"cash_received"}
    else:
        assert isinstance(read, Payment)
        assert (read.parts, read.cash_received - read.change) == ({PaymentKind.CASH: total}, total)
        assert read.change >= 0


@given(
    st.dictionaries(
        st.sampled_from(["form_key", "method", "amount_cash", "amount_card", "cash_received", "email", "phone", "xin"]),
        st.text(max_size=40),
    )
)
def test_no_form_makes_it_stumble(typed: dict[str, str]) -> None:
    read = read_payment(typed, Decimal(4000))
    assert isinstance(read, FormErrors) or read.total == 4000


def test_all_mistakes_are_told_at_once() -> None:
    read = read_payment(
        {"form_key": KEY, "method": "cash", "cash_received": "1", "email": "x", "phone": "1", "xin": "1"}, Decimal(5)
    )
    assert isinstance(read, FormErrors)
    assert set(read.by_field) == {"cash_received", "email", "phone", "xin"}
