"""What the database itself refuses, whatever the code above it does."""

import pytest
from sqlalchemy.exc import IntegrityError

from tests.support.bridge import Bridge

SALE = {
    "company_id": 1,
    "cashbox_id": 1,
    "kind": "sale",
    "record_id": 10,
    "document_id": None,
    "external_check_number": "altegio_10",
    "basis_receipt_id": None,
    "total": 100,
    "tax": 0,
    "state": "pending",
    "fiscal_number": None,
    "returned": False,
}


def add_receipt(bridge: Bridge, **changes: object) -> None:
    bridge.execute("INSERT INTO cashboxes (unique_number) VALUES ('SWK1') ON CONFLICT DO NOTHING")
    values = {**SALE, **changes}
    columns = ", ".join(values)
    places = ", ".join(f":{name}" for name in values)
    bridge.execute(f"INSERT INTO receipts (request, {columns}) VALUES ('{{}}', {places})", **values)


@pytest.mark.parametrize("state", ["pending", "unknown", "issued"])
@pytest.mark.parametrize("subject", [{"record_id": 10}, {"record_id": None, "document_id": 20}], ids=["visit", "document"])
def test_a_second_live_sale_is_impossible(bridge: Bridge, state: str, subject: dict[str, object]) -> None:
    add_receipt(bridge, **subject, state=state, fiscal_number="1")
    with pytest.raises(IntegrityError, match="uq_receipts_live_sale"):
        add_receipt(bridge, **subject, external_check_number="another")


@pytest.mark.parametrize("ended", [{"state": "rejected"}, {"returned": True}], ids=["rejected", "returned"])
def test_after_a_refusal_or_a_return_there_may_be_another(bridge: Bridge, ended: dict[str, object]) -> None:
    add_receipt(bridge, **ended)
    add_receipt(bridge, external_check_number="another")
    assert len(bridge.receipts()) == 2


def test_records_of_two_salons_are_two(bridge: Bridge) -> None:
    add_receipt(bridge)
    add_receipt(bridge, company_id=2, external_check_number="another")
    assert len(bridge.receipts()) == 2


def test_a_refused_sale_cannot_come_alive_beside_another(bridge: Bridge) -> None:
    add_receipt(bridge, state="rejected")
    add_receipt(bridge, external_check_number="another")
    with pytest.raises(IntegrityError, match="uq_receipts_live_sale_of_record"):
        bridge.execute("UPDATE receipts SET state = 'pending' WHERE id = 1")


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"external_check_number": "n" * 51}, "external_check_number_fits"),
        ({"external_check_number": ""}, "external_check_number_fits"),
        ({"state": "issued"}, "issued_has_fiscal_number"),
        ({"state": "printed"}, "state_known"),
        ({"kind": "gift"}, "kind_known"),
        ({"total": -1}, "amounts_positive"),
        ({"tax": -1}, "amounts_positive"),
        ({"document_id": 5}, "one_subject"),
        ({"record_id": None}, "one_subject"),
        ({"kind": "return"}, "return_has_basis"),
        ({"cashbox_id": 99}, "fk_receipts_cashbox_id"),
    ],
)
def test_refused(bridge: Bridge, changes: dict[str, object], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        add_receipt(bridge, **changes)


def test_an_external_number_is_used_once(bridge: Bridge) -> None:
    add_receipt(bridge)
    with pytest.raises(IntegrityError, match="uq_receipts_external_check_number"):
        add_receipt(bridge, record_id=11)


@pytest.mark.parametrize("registration", ["010203040506", None])
def test_a_register_gives_a_fiscal_number_once(bridge: Bridge, registration: str | None) -> None:
    issued = {"state": "issued", "fiscal_number": "7", "registration_number": registration}
    add_receipt(bridge, **issued)
    add_receipt(bridge, record_id=11, external_check_number="registered anew", **issued | {"registration_number": "9"})
    with pytest.raises(IntegrityError, match="uq_receipts_fiscal_number"):
        add_receipt(bridge, record_id=12, external_check_number="again", **issued)
    bridge.execute("INSERT INTO cashboxes (unique_number) VALUES ('SWK2')")
    other = bridge.scalar("SELECT id FROM cashboxes WHERE unique_number = 'SWK2'")
    add_receipt(bridge, record_id=12, external_check_number="another register", **issued, cashbox_id=other)
    assert len(bridge.receipts()) == 3


def test_receipts_without_a_fiscal_number_are_many(bridge: Bridge) -> None:
    add_receipt(bridge)
    add_receipt(bridge, record_id=11, external_check_number="another")
    assert len(bridge.receipts()) == 2


def test_a_delivery_is_stored_once(bridge: Bridge) -> None:
    bridge.execute("INSERT INTO webhook_records (dedup_key) VALUES ('a')")
    with pytest.raises(IntegrityError, match="uq_webhook_records_dedup_key"):
        bridge.execute("INSERT INTO webhook_records (dedup_key) VALUES ('a')")
