"""Which addresses may go into a request: a wrong one would cost the salon its receipt, so what is unsure is none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dev.simulator.webkassa.rules.requisites import find_faults
from shared.customer.addresses import read_email, read_phone


@pytest.mark.parametrize(
    "told", ["+77015550142", "77015550142", "87015550142", "8 (701) 555-01-42", "7015550142", "+7 701 555 01 42"]
)
def test_phones_take_the_form_of_webkassa(told: str) -> None:
    assert read_phone(told) == "+77015550142"


@pytest.mark.parametrize(
    "told",
    [
        "",
        "0",
        "***",
        "скрыт",
        "123",
        "+1 212 555 0100",
        "+998901234567",
        # Vietnam: without the plus it would look like an 8 of ours.
        "+84912345678",
        "+ 84 912 345 678",
        "770155501422",
        "٧٧٠١٥٥٥٠١٤٢",
        "7" * 4000,
    ],
)
def test_what_cannot_be_right_is_no_phone(told: str) -> None:
    assert read_phone(told) is None


@pytest.mark.parametrize("told", ["a@b.kz", " salima.k+spa@mail.example.kz ", "A_1%x@sub.b-c.kz"])
def test_plain_addresses_are_taken(told: str) -> None:
    assert read_email(told) == told.strip()


@pytest.mark.parametrize(
    "told",
    [
        "",
        "нет",
        "a@b",
        "a b@c.kz",
        ".a@b.kz",
        "a..b@c.kz",
        "a.@b.kz",
        "a@b..kz",
        "a@-b.kz",
        "почта@пример.кз",
        "a@b.kz, c@d.kz",
        "<a@b.kz>",
        "a@b.kz\r\nBcc: x@y.kz",
        "a" * 46 + "@b.kz",
    ],
)
def test_everything_else_is_no_address(told: str) -> None:
    assert read_email(told) is None


@given(st.text(max_size=60))
def test_whatever_is_taken_webkassa_takes(told: str) -> None:
    fields = {"operationtype": 2, "customeremail": read_email(told), "customerphone": read_phone(told)}
    assert find_faults({name: value for name, value in fields.items() if value}, protocol=204) == []
