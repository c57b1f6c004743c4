import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.acquire.payment.customer import Unreadable, has_right_control_digit, read_email, read_phone, read_xin


@pytest.mark.parametrize("read", [read_email, read_phone, read_xin])
@pytest.mark.parametrize("typed", ["", "   "])
def test_nothing_typed_is_nothing(read: object, typed: str) -> None:
    assert read(typed) is None  # type: ignore[operator]


@pytest.mark.parametrize(
    "typed", ["+77015550142", "8 701 555 01 42", "7 (701) 555-01-42", "7015550142", "701.555.01.42", "8–701–5550142"]
)
def test_phones_of_kazakhstan_take_one_form(typed: str) -> None:
    assert read_phone(typed) == "+77015550142"


@pytest.mark.parametrize(
    "typed", ["123", "+1 212 555 0100", "99015550142", "770155501422", "phone", "7701555014x", "+7701555014²"]
)
def test_other_phones_are_refused(typed: str) -> None:
    with pytest.raises(Unreadable):
        read_phone(typed)


@pytest.mark.parametrize("typed", ["a@b.kz", "salima.k+spa@mail.example.kz", " a@b.kz "])
def test_addresses_are_taken_as_typed(typed: str) -> None:
    assert read_email(typed) == typed.strip()


@pytest.mark.parametrize(
    "typed",
    ["a", "@b.kz", "a@", "a@b", "a b@c.kz", "a@b..kz", "a@-b.kz", "почта@пример.кз", "a@b.kz\nBcc: x", "a" * 46 + "@b.kz"],
)
def test_other_addresses_are_refused(typed: str) -> None:
    with pytest.raises(Unreadable):
        read_email(typed)


@pytest.mark.parametrize("typed", ["920813300359", "920813 300 359", "920813300200", "920813300212"])
def test_numbers_with_a_right_control_digit_pass(typed: str) -> None:
    """The last two need the second row of weights."""
    assert read_xin(typed) == typed.replace(" ", "")


@pytest.mark.parametrize(
    "typed", ["920813300358", "92081330035", "9208133003599", "9208133003x9", "920813300250", "920813300350"]
)
def test_others_do_not(typed: str) -> None:
    with pytest.raises(Unreadable):
        read_xin(typed)


@given(st.text(alphabet="0123456789", min_size=11, max_size=11))
def test_at_most_one_control_digit_fits(start: str) -> None:
    assert sum(has_right_control_digit(start + digit) for digit in "0123456789") <= 1


@given(st.text(alphabet="0123456789", min_size=11, max_size=11), st.integers(0, 9), st.integers(1, 9))
def test_one_wrong_digit_is_noticed(start: str, place: int, shift: int) -> None:
    """Unless the two numbers do not use the same weights; the eleventh digit has none in the first row (11 modulo 11)."""
    right = next((start + digit for digit in "0123456789" if has_right_control_digit(start + digit)), None)
    if right is None or not _uses_first_weights(right):
        return
    wrong = right[:place] + str((int(right[place]) + shift) % 10) + right[place + 1 :]
    assert not (_uses_first_weights(wrong) and has_right_control_digit(wrong))


def _uses_first_weights(xin: str) -> bool:
    return sum(int(digit) * weight for digit, weight in zip(xin, range(1, 12), strict=False)) % 11 < 10
