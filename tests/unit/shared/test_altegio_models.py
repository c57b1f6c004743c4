"""Every variation of Altegio's fields that was seen or is documented."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from shared.altegio import (
    FINANCES,
    GOODS_SALE,
    RECORD,
    Account,
    Client,
    Envelope,
    Expense,
    FinanceOperation,
    GoodsLine,
    GoodsOperation,
    Named,
    Record,
    ServiceLine,
    parse_entity,
)

NOON = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def read(**fields: Any) -> Record:
    return Record.model_validate(fields)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        pytest.param(640500104, 640500104, id="int"),
        pytest.param("8263004", 8263004, id="digits-as-text"),
        pytest.param(" 42 ", 42, id="spaces"),
        pytest.param(3000000000, 3000000000, id="over-int32"),
        pytest.param(2**63 - 1, 2**63 - 1, id="largest-bigint"),
        pytest.param(Decimal("5.0"), 5, id="whole-number-with-a-point"),
        pytest.param(5.0, 5, id="whole-float"),
        pytest.param(0, 0, id="zero-is-kept"),
        pytest.param(None, None, id="null"),
        pytest.param("", None, id="empty-text"),
        pytest.param([], None, id="empty-relation"),
        pytest.param({}, None, id="empty-object"),
    ],
)
def test_id_spellings(value: Any, number: int | None) -> None:
    assert read(visit_id=value).visit_id == number


@pytest.mark.parametrize("value", ["12a", "1.5", 1.5, True, [1], {"id": 1}, 2**63, "9" * 19, "9" * 40, "٣"])
def test_what_is_no_id_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match=r"whole number|out of range"):
        read(visit_id=value)


@pytest.mark.parametrize(
    ("value", "paid"),
    [
        pytest.param(1, True, id="live"),
        pytest.param(True, True, id="specification"),
        pytest.param("1", True, id="text"),
        pytest.param("true", True, id="word"),
        pytest.param(" TRUE ", True, id="any-case"),
        pytest.param(1.0, True, id="float"),
        pytest.param(0, False, id="zero"),
        pytest.param("0", False, id="text-zero-is-not-paid-although-not-empty"),
        pytest.param(False, False, id="false"),
        pytest.param("false", False, id="word-false"),
        pytest.param(None, False, id="null-is-not-paid"),
        pytest.param("", False, id="empty"),
        pytest.param([], False, id="php-empty"),
    ],
)
def test_flag_spellings(value: Any, paid: bool) -> None:
    record = read(paid_full=value)
    assert record.is_paid is paid
    assert not record.is_silent_on_payment


@pytest.mark.parametrize("value", [2, -1, "maybe", [1], {"a": 1}, "forbidden"])
def test_what_is_no_flag_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match="must be 0 or 1"):
        read(paid_full=value)


@pytest.mark.parametrize(
    ("fields", "silent", "paid"),
    [
        pytest.param({}, True, False, id="neither-field-was-sent"),
        pytest.param({"payment_status": 1}, False, True, id="status-stands-in"),
        pytest.param({"payment_status": "1"}, False, True, id="status-as-text"),
        pytest.param({"payment_status": 2}, False, False, id="partial"),
        pytest.param({"payment_status": None}, False, False, id="status-null"),
        pytest.param({"payment_status": 1, "paid_full": 0}, False, False, id="paid_full-wins"),
        pytest.param({"payment_status": 1, "paid_full": None}, False, False, id="paid_full-null-wins-too"),
        pytest.param({"payment_status": 0, "paid_full": 1}, False, True, id="paid_full-wins-both-ways"),
    ],
)
def test_what_the_record_says_about_payment(fields: dict[str, Any], silent: bool, paid: bool) -> None:
    record = read(**fields)
    assert (record.is_silent_on_payment, record.is_paid) == (silent, paid)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("2026-03-02 12:00:00", id="naive-is-the-salons-wall-clock"),
        pytest.param("2026-03-02T12:00:00", id="naive-iso"),
        pytest.param("2026-03-02T12:00:00+05:00", id="colon-in-the-offset"),
        pytest.param("2026-03-02T12:00:00+0500", id="no-colon-in-the-offset"),
        pytest.param("2026-03-02T11:00:00+0400", id="another-offset"),
        pytest.param("2026-03-02T07:00:00Z", id="utc"),
        pytest.param("2026-03-02T12:00:00.000+05:00", id="milliseconds"),
        pytest.param(" 2026-03-02 12:00 ", id="no-seconds"),
    ],
)
def test_moment_spellings(value: str) -> None:
    assert read(date=value).date == NOON
    assert read(last_change_date=value).last_change_date == NOON


@pytest.mark.parametrize("value", [None, "", [], 0, "0"])
def test_absent_moments(value: Any) -> None:
    assert read(date=value).date is None


@pytest.mark.parametrize("value", ["завтра", "2026-13-01 00:00:00", "0000-00-00 00:00:00", 1772434800, {"d": 1}])
def test_unreadable_date_is_named_but_an_unreadable_hint_is_absent(value: Any) -> None:
    with pytest.raises(ValidationError, match="must be a date and time"):
        read(date=value)
    assert read(last_change_date=value).last_change_date is None


@pytest.mark.parametrize("value", ["9999-12-31T23:59:59-01:00", "0001-01-01 00:00:00"])
def test_moments_at_the_ends_of_the_calendar_cannot_be_worked_with(value: str) -> None:
    with pytest.raises(ValidationError, match="out of range"):
        read(date=value)
    assert read(last_change_date=value).last_change_date is None


@pytest.mark.parametrize(
    ("value", "titles"),
    [
        pytest.param([{"title": "А"}, {"title": "Б"}], ["А", "Б"], id="list"),
        pytest.param({"0": {"title": "А"}, "2": {"title": "Б"}}, ["А", "Б"], id="php-array-as-object"),
        pytest.param([], [], id="breaks-have-no-services"),
        pytest.param({}, [], id="empty-object"),
        pytest.param(None, [], id="null"),
        pytest.param("", [], id="empty-text"),
    ],
)
def test_list_spellings(value: Any, titles: list[str]) -> None:
    assert [line.title for line in read(services=value).services] == titles
    assert [line.title for line in read(goods_transactions=value).goods_transactions] == titles


@pytest.mark.parametrize("value", ["text", 5, {"a": 1}, [None], [[]], [5]])
def test_what_is_no_list_of_lines_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match="services"):
        read(services=value)


@pytest.mark.parametrize(
    ("value", "text"),
    [("фч", "фч"), (None, ""), (0, "0"), ([], ""), ({}, ""), (False, ""), (12.5, "12.5")],
)
def test_text_spellings(value: Any, text: str) -> None:
    assert read(comment=value).comment == text


def test_amounts_of_a_line_may_be_ints_floats_and_texts() -> None:
    line = read(
        services=[
            {"cost": 4000, "cost_to_pay": "3800.50", "discount": 5.0, "amount": "1", "manual_cost": "", "first_cost": []}
        ]
    ).services[0]
    assert (line.cost, line.cost_to_pay, line.discount, line.amount) == (4000, Decimal("3800.50"), 5, 1)
    assert (line.manual_cost, line.first_cost) == (None, None)


@pytest.mark.parametrize("value", ["дорого", {"a": 1}, True, "NaN", "1e400", [1]])
def test_wrong_cost_is_named_by_its_path(value: Any) -> None:
    with pytest.raises(ValidationError) as caught:
        read(services=[{"cost": 1}, {"cost": value}])
    assert caught.value.errors()[0]["loc"] == ("services", 1, "cost")


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param({"client": None}, id="client-null"),
        pytest.param({"client": []}, id="client-list"),
        pytest.param({"client": {"phone": 77015550142, "discount": 5.5, "custom_fields": []}}, id="phone-as-number"),
        pytest.param({"staff": {"position": []}}, id="position-list"),
        pytest.param({"custom_fields": {"1": "a"}}, id="custom-fields-object"),
        pytest.param({"prepaid": "forbidden"}, id="prepaid-word"),
        pytest.param({"composite": {"id": 1}, "comer": {"id": 2}, "documents": "none"}, id="objects-where-lists-are-usual"),
        pytest.param({"sms_remain_hours": None, "api_id": None, "record_labels": [{"id": "1"}]}, id="nulls"),
        pytest.param({"something_new": {"deep": [1, {"a": None}]}}, id="unknown-fields"),
    ],
)
def test_what_decides_nothing_may_be_anything(extra: dict[str, Any]) -> None:
    assert read(id=1, **extra).id == 1


@pytest.mark.parametrize("value", [None, [], "", 0])
def test_empty_relations_of_a_goods_sale(value: Any) -> None:
    operation = GoodsOperation.model_validate({"good": value, "record_id": 0, "client": [], "master": [], "amount": -1})
    assert operation.good is None
    assert operation.record_id == 0


@pytest.mark.parametrize("value", [None, [], ""])
def test_empty_relations_of_a_payment(value: Any) -> None:
    operation = FinanceOperation.model_validate({"amount": "4500.00", "account": value, "expense": value})
    assert (operation.account, operation.expense, operation.amount) == (None, None, Decimal("4500.00"))


@pytest.mark.parametrize(("value", "cash"), [(True, True), (False, False), (1, True), (0, False), (None, None)])
def test_cash_flag_of_an_account(value: Any, cash: bool | None) -> None:
    account = FinanceOperation.model_validate({"amount": 1, "account": {"id": "7", "is_cash": value}}).account
    assert account is not None
    assert account.is_cash is cash


@pytest.mark.parametrize("value", [None, "", [], "много", True])
def test_a_payment_without_an_amount_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match="amount"):
        FinanceOperation.model_validate({"amount": value})


def test_resources_have_their_models() -> None:
    assert isinstance(parse_entity(RECORD, {}), Record)
    assert isinstance(parse_entity(GOODS_SALE, {}), GoodsOperation)
    assert isinstance(parse_entity(FINANCES, {"amount": 1}), FinanceOperation)


ENVELOPE = {"company_id": 412077, "resource": "record", "resource_id": 1, "status": "update", "data": {}}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        pytest.param({"company_id": None}, "company_id", id="null"),
        pytest.param({"company_id": 0}, "company_id", id="zero-is-no-salon"),
        pytest.param({"company_id": -5}, "company_id", id="negative"),
        pytest.param({"company_id": "abc"}, "company_id", id="word"),
        pytest.param({"company_id": True}, "company_id", id="boolean"),
        pytest.param({"resource": ""}, "resource", id="empty"),
        pytest.param({"resource": "r" * 65}, "resource", id="longer-than-its-column"),
        pytest.param({"resource": 5}, "resource", id="number"),
        pytest.param({"status": None}, "status", id="no-status"),
        pytest.param({"resource_id": 2**63}, "resource_id", id="over-bigint"),
        pytest.param({"resource_id": -1}, "resource_id", id="negative-resource"),
        pytest.param({"resource_id": []}, "resource_id", id="empty-list"),
    ],
)
def test_envelope_names_what_is_wrong(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Envelope.model_validate(ENVELOPE | changes)
    assert [error["loc"] for error in caught.value.errors()] == [(field,)]


def test_envelope_takes_ids_as_text_and_any_data() -> None:
    envelope = Envelope.model_validate(ENVELOPE | {"company_id": "412077", "resource_id": "0", "data": []})
    assert (envelope.company_id, envelope.resource_id, envelope.data) == (412077, 0, [])


def test_what_was_not_told_is_nothing() -> None:
    """No field of an empty body decides anything: no id, no sum, no time, and nothing is paid or deleted."""
    nothing = {"''", "()", "[]", "False", "None"}
    for model in (Record, GoodsOperation, ServiceLine, GoodsLine, Client, Named, Account, Expense):
        assert {name: told for name, told in model() if repr(told) not in nothing} == {}
    told = FinanceOperation.model_validate({"amount": 1})
    assert {name: value for name, value in told if repr(value) not in nothing} == {"amount": 1}
    assert Envelope.model_validate({name: value for name, value in ENVELOPE.items() if name != "data"}).data is None


@pytest.mark.parametrize(
    ("phone", "digits"),
    [("+7 (700) 123-45-67", "77001234567"), (87001234567, "87001234567"), ("1" * 30, "1" * 20)]
    + [(value, "") for value in (None, True, [77001234567], {"0": 77001234567}, "нет")],
)
def test_the_phone_of_a_client(phone: Any, digits: str) -> None:
    assert Client.model_validate({"phone": phone}).phone == digits


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"display_name": "Айгерим С.", "name": "Айгерим"}, "Айгерим С."),
        ({"name": "Айгерим", "surname": "Сатпаева"}, "Айгерим Сатпаева"),
        ({"surname": "Сатпаева"}, "Сатпаева"),
        ({}, ""),
    ],
)
def test_the_name_of_a_client(fields: dict[str, str], name: str) -> None:
    assert Client.model_validate(fields).shown_name == name
