"""REST answers become what webhooks bring, or say which row cannot be read."""

from decimal import Decimal
from typing import Any

import pytest

from shared.altegio import GOODS_SALE, SOLD_GOODS, FinanceOperation, GoodsOperation, parse_entity
from worker.altegio.schemas import (
    UnreadableAnswer,
    find_owner,
    list_own_rows,
    read_accounts,
    read_payments,
    read_sale_items,
)

CASH, CARDS = 41001, 41002
ACCOUNTS = {CASH: True, CARDS: False}


def read(row: dict[str, Any], accounts: dict[int, bool] | None = None) -> FinanceOperation:
    (payment,) = read_payments([row], ACCOUNTS if accounts is None else accounts)
    return payment


# Payments.


def test_a_row_of_a_visit() -> None:
    payment = read(
        {
            "id": 1,
            "document_id": 900001,
            "record_id": 700001,
            "visit_id": "55",
            "amount": "4000.50",
            "sold_item_type": "service",
            "expense": {"id": 5, "title": "Provision of services"},
            "account": {"id": CARDS, "title": "Kaspi"},
            "client": [],
            "last_change_date": "2026-03-02T12:00:00+0500",
        }
    )
    assert (payment.id, payment.document_id, payment.record_id, payment.visit_id) == (1, 900001, 700001, 55)
    assert (payment.amount, payment.sold_item_type, payment.deleted) == (Decimal("4000.50"), "service", False)
    assert payment.expense is not None
    assert payment.expense.id == 5
    assert payment.account is not None
    assert (payment.account.id, payment.account.title, payment.account.is_cash) == (CARDS, "Kaspi", False)
    assert payment.last_change_date is not None
    assert payment.last_change_date.isoformat() == "2026-03-02T12:00:00+05:00"


def test_a_row_of_a_sale() -> None:
    payment = read(
        {
            "id": 2,
            "sale_item_id": 3,
            "sale_item_type": "good",
            "expense_id": 7,
            "account_id": CASH,
            "amount": 1170,
            "account": {"id": CASH, "title": "Касса", "is_cash": True, "is_default": True},
            "expense": {"id": 7, "title": "Sale of goods"},
        }
    )
    assert payment.sold_item_type == SOLD_GOODS
    assert payment.record_id is None
    assert payment.account is not None
    assert payment.account.is_cash is True


@pytest.mark.parametrize(
    ("account", "is_cash"),
    [
        pytest.param({"id": CASH, "is_cash": False}, False, id="the row knows better"),
        pytest.param({"id": CASH, "is_cash": 1}, True, id="in another spelling"),
        pytest.param({"id": CASH, "is_cash": None}, True, id="unsaid"),
        pytest.param({"id": str(CARDS)}, False, id="an id as text"),
        pytest.param({"id": 999}, None, id="an account nobody knows"),
        pytest.param({"title": "Касса"}, None, id="an account without an id"),
    ],
)
def test_whether_it_is_cash(account: dict[str, Any], is_cash: bool | None) -> None:
    payment = read({"id": 1, "amount": 1, "account": account})
    assert payment.account is not None
    assert payment.account.is_cash is is_cash


@pytest.mark.parametrize("account", [None, [], "", {}])
def test_relations_that_are_only_ids(account: Any) -> None:
    payment = read({"id": 1, "amount": 1, "account": account, "account_id": CASH, "expense": account, "expense_id": "5"})
    assert payment.account is not None
    assert (payment.account.id, payment.account.is_cash) == (CASH, True)
    assert payment.expense is not None
    assert payment.expense.id == 5


def test_an_id_beside_a_relation_completes_it() -> None:
    payment = read({"id": 1, "amount": 1, "account": {"title": "Касса"}, "account_id": CASH})
    assert payment.account is not None
    assert (payment.account.id, payment.account.title, payment.account.is_cash) == (CASH, "Касса", True)


def test_no_relations_at_all() -> None:
    payment = read({"id": 1, "amount": "-250", "deleted": 1, "account": [], "expense": None})
    assert (payment.account, payment.expense, payment.sold_item_type) == (None, None, "")
    assert (payment.amount, payment.deleted) == (Decimal(-250), True)


@pytest.mark.parametrize("row", [{"id": 1}, {"id": 1, "amount": "много"}, {"id": 1, "amount": None}, {"amount": []}])
def test_a_sum_that_cannot_be_read_is_not_left_out(row: dict[str, Any]) -> None:
    with pytest.raises(UnreadableAnswer, match=r"payments\[1\]: amount"):
        read_payments([{"id": 1, "amount": 1}, row], {})


def test_a_row_that_is_no_object() -> None:
    with pytest.raises(UnreadableAnswer, match=r"payments\[0\]"):
        read_payments(["4000"], {})


def test_what_cannot_be_read_is_not_repeated() -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        read_payments([{"id": 1, "amount": "Айгуль"}], {})
    assert "Айгуль" not in str(caught.value)


# Accounts.


def test_accounts_that_say_their_type() -> None:
    rows = [
        {"id": 1, "type": 0, "title": "Касса"},
        {"id": "2", "type": "1"},
        {"id": 3},
        {"id": 4, "type": 7},
        {"id": 5, "type": "x"},
        {"type": 0},
        "account",
    ]
    assert read_accounts(rows) == {1: True, 2: False}


# Goods.


def sale(*items: Any) -> dict[str, Any]:
    return {"items": list(items)}


SHAMPOO = {
    "id": 2181520,
    "type": "good",
    "title": "Шампунь",
    "amount": 2,
    "default_cost_per_unit": 1300,
    "default_cost_total": 2600,
    "client_discount_percent": 10,
    "cost_to_pay_total": 2340,
}


def test_an_item_becomes_the_webhook_that_never_came() -> None:
    state = sale(SHAMPOO | {"barcode": "4870001112223", "marking": ""}, {"id": 1, "type": "service", "title": "Стрижка"})
    (data,) = read_sale_items(state, 900001)
    assert data == {
        "id": 2181520,
        "document_id": 900001,
        "type_id": 1,
        "record_id": 0,
        "good": {"id": None, "title": "Шампунь"},
        "amount": Decimal(-2),
        "cost_per_unit": Decimal(1300),
        "cost": Decimal(2340),
        "discount": Decimal(10),
        "barcode": "4870001112223",
    }
    operation = parse_entity(GOODS_SALE, data)
    assert isinstance(operation, GoodsOperation)
    assert operation.good is not None
    assert (operation.good.title, operation.amount, operation.cost) == ("Шампунь", Decimal(-2), Decimal(2340))


def test_services_and_certificates_of_a_document_say_what_they_are() -> None:
    service = SHAMPOO | {"id": 2, "type": "service", "title": "Укладка"}
    told = [
        GoodsOperation.model_validate(data)
        for data in read_sale_items(sale(service, SHAMPOO, SHAMPOO | {"id": 3, "type": "loyalty_certificate"}), 900001)
    ]
    assert [(one.is_service, one.sells_certificate) for one in told] == [(True, False), (False, False), (False, True)]


@pytest.mark.parametrize("sold", ["loyalty_certificate", "loyalty_abonement"])
def test_a_certificate_listed_as_goods_is_known_by_its_payments(sold: str) -> None:
    state = sale(SHAMPOO) | {"payment_transactions": [{"sale_item_type": sold, "amount": 2340}]}
    assert GoodsOperation.model_validate(read_sale_items(state, 900001)[0]).sells_certificate
    state["payment_transactions"].append({"sale_item_type": "good", "amount": 1})
    assert not GoodsOperation.model_validate(read_sale_items(state, 900001)[0]).sells_certificate


def test_rows_of_other_documents_are_theirs() -> None:
    rows = [{"document_id": 900001}, {"document_id": "900001"}, {}, {"document_id": 0}, {"document_id": 900002}]
    assert list_own_rows({"payment_transactions": rows}, "payment_transactions", 900001) == rows[:4]


@pytest.mark.parametrize(
    ("state", "owner"),
    [
        ({"items": [SHAMPOO]}, None),
        ({"items": [SHAMPOO | {"record_id": 0}]}, None),
        ({"record_id": "1001", "items": []}, 1001),
        ({"items": [SHAMPOO, SHAMPOO | {"record_id": 1001}]}, 1001),
    ],
)
def test_whose_document_it_is(state: dict[str, Any], owner: int | None) -> None:
    assert find_owner(state) == owner


def test_items_of_other_documents_and_deleted_ones_are_not_of_this_sale() -> None:
    state = sale(
        SHAMPOO | {"document_id": 900001},
        SHAMPOO | {"id": 2, "document_id": 900002},
        SHAMPOO | {"id": 3, "deleted": True},
        SHAMPOO | {"id": 4, "document_id": 0, "amount": "-1.000000000"},
    )
    assert [(data["id"], data["amount"]) for data in read_sale_items(state, 900001)] == [(2181520, -2), (4, -1)]


def test_the_goods_own_name_wins() -> None:
    (data,) = read_sale_items(sale(SHAMPOO | {"good": {"id": 8, "title": "Шампунь 300 мл"}}), 900001)
    assert data["good"] == {"id": 8, "title": "Шампунь 300 мл"}


@pytest.mark.parametrize("name", ["marks", "marking_codes", "marking_code", "marking", "mark"])
def test_codes_come_along_in_any_spelling(name: str) -> None:
    goods = {"id": 8, "title": "Духи", "barcode": "4870001112223"}
    (data,) = read_sale_items(sale(SHAMPOO | {"good": goods, "ntin": "0201", name: "010487"}), 900001)
    operation = GoodsOperation.model_validate(data)
    assert (operation.barcode, operation.ntin, operation.marks) == ("4870001112223", "0201", ("010487",))


def test_items_as_an_object_with_numbered_keys() -> None:
    assert len(read_sale_items({"items": {"0": SHAMPOO, "2": SHAMPOO}}, 900001)) == 2


@pytest.mark.parametrize("missing", ["id", "amount", "cost_to_pay_total"])
def test_goods_that_cannot_be_read(missing: str) -> None:
    item = {name: value for name, value in SHAMPOO.items() if name != missing}
    with pytest.raises(UnreadableAnswer, match=rf"items\[0\]: {missing}"):
        read_sale_items(sale(item), 900001)


@pytest.mark.parametrize("state", [{}, {"items": None}, sale("x", None, {"type": None})])
def test_no_goods(state: dict[str, Any]) -> None:
    assert read_sale_items(state, 900001) == []
