"""Where a receipt goes: by the salon's choice, to what was typed before what is known, to nobody who wants none."""

from dataclasses import replace

import pytest

from shared.altegio import Client
from worker.receipt.request import DeskDetails
from worker.salon.customer.addressee import Addressed, address_receipt

CLIENT = Client.model_validate({"id": 7, "phone": "8 701 555 01 42", "email": "a@mail.kz"})
TYPED = DeskDetails(customer_email="typed@mail.kz", customer_phone="+77010000000", customer_xin="920813300359")


def told(addressed: Addressed) -> tuple[str | None, str | None]:
    return addressed.desk.customer_email, addressed.desk.customer_phone


def planned(addressed: Addressed) -> list[tuple[str, str | None, str | None]]:
    return [(one.channel, one.email, one.phone) for one in addressed.messages]


def test_webkassa_is_told_what_altegio_knows() -> None:
    addressed = address_receipt(["webkassa"], CLIENT)
    assert told(addressed) == ("a@mail.kz", "+77015550142")
    assert planned(addressed) == []


def test_nobody_is_told_anything_without_a_choice() -> None:
    assert address_receipt([], CLIENT) == Addressed(client_id=7)


@pytest.mark.parametrize("receivers", [["webkassa"], []])
def test_what_staff_typed_goes_before_and_always(receivers: list[str]) -> None:
    for opted_out in (False, True):
        assert address_receipt(receivers, CLIENT, TYPED, opted_out=opted_out).desk == TYPED


@pytest.mark.parametrize("receivers", [["webkassa"], ["email", "sms"]])
def test_what_staff_unticked_goes_only_to_what_they_typed(receivers: list[str]) -> None:
    unticked = DeskDetails(to_client=False)
    assert told(address_receipt(receivers, CLIENT, unticked)) == (None, None)
    assert planned(address_receipt(receivers, CLIENT, unticked)) == []
    typed = replace(TYPED, to_client=False)
    assert address_receipt(["webkassa"], CLIENT, typed).desk == typed


def test_each_channel_gets_the_address_it_needs() -> None:
    addressed = address_receipt(["email", "sms", "webhook", "whatsapp-link"], CLIENT)
    assert planned(addressed) == [
        ("email", "a@mail.kz", None),
        ("sms", None, "+77015550142"),
        ("webhook", "a@mail.kz", "+77015550142"),
    ]
    assert told(addressed) == (None, None)
    assert not any(one.is_wish for one in addressed.messages)


def test_nobody_gets_two_mails() -> None:
    """Webkassa would send one by itself."""
    addressed = address_receipt(["webkassa", "email"], CLIENT, TYPED)
    assert told(addressed) == (None, "+77010000000")
    assert planned(addressed) == [("email", "typed@mail.kz", None)]
    assert [one.is_wish for one in addressed.messages] == [True]


def test_who_wants_none_gets_none() -> None:
    assert address_receipt(["webkassa", "email", "sms"], CLIENT, opted_out=True) == Addressed(client_id=7)


@pytest.mark.parametrize(
    "client", [None, Client(), Client.model_validate({"id": 7, "phone": "+84912345678", "email": "no"})]
)
def test_without_an_address_there_is_nowhere_to_go(client: Client | None) -> None:
    addressed = address_receipt(["webkassa", "email", "sms", "webhook"], client)
    assert (told(addressed), planned(addressed)) == ((None, None), [])
