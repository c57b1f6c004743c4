"""Sessions, issuing, duplicates, shifts, offline work and cash, over the wire."""

import re
from collections.abc import Callable
from typing import Any

import pytest

GetCode = Callable[[Any], int | None]
Build = Callable[..., dict[str, Any]]
CHECK = "/api/v4/check"
Z_REPORT = "/api/v4/ZReport"
DAY = 86_400
ANSWER_FIELDS = {
    "CheckNumber",
    "DateTime",
    "DateTimeUTC",
    "OfflineMode",
    "CashboxOfflineMode",
    "Cashbox",
    "Organization",
    "CheckOrderNumber",
    "ShiftNumber",
    "EmployeeName",
    "TicketUrl",
    "TicketPrintUrl",
    "TicketPrintFormat",
}


def test_v4_needs_the_key_and_legacy_does_not(client: Any, make_client: Any, get_code: GetCode) -> None:
    stranger = make_client(client.url, api_key="another-environment")
    credentials = {"Login": "cashier@example.test", "Password": "sim-password"}
    assert get_code(stranger.post("/api/v4/Authorize", credentials).json()) == 3
    assert re.fullmatch("[0-9a-f]{32}", stranger.post("/api/Authorize", credentials).json()["Data"]["Token"])
    stranger.token = client.login()
    assert get_code(stranger.call("/api/Check", OperationType=2)) == 9
    assert get_code(stranger.call(CHECK, OperationType=2)) == 3


def test_bad_password_is_code_1(client: Any) -> None:
    answer = client.post("/api/v4/Authorize", {"Login": "cashier@example.test", "Password": "x"}).json()
    assert answer == {"Errors": [{"Code": 1, "Text": "Неверный логин и/или пароль"}]}


def test_session_ends_by_time_by_order_and_by_revocation(client: Any, get_code: GetCode) -> None:
    client.login()
    client.control("clock", {"advance_seconds": DAY - 60})
    assert get_code(client.call("/api/v4/Cashboxes")) is None
    client.control("clock", {"advance_seconds": 120})
    assert client.call("/api/v4/Cashboxes") == {"Errors": [{"Code": 2, "Text": "Срок действия сессии истек"}]}
    client.login()
    client.control("tokens/expire")
    assert get_code(client.call("/api/v4/Cashboxes")) == 2
    client.login()
    client.control("tokens/revoke")
    assert client.call("/api/v4/Cashboxes") == {"Errors": [{"Code": 3, "Text": "Пользователь не авторизован"}]}


def test_token_in_a_header_does_not_count(client: Any, get_code: GetCode) -> None:
    headers = {"Token": client.login(), "Authorization": f"Bearer {client.token}"}
    assert get_code(client.post("/api/v4/Cashboxes", {}, headers=headers).json()) == 3


def test_success_has_the_vendors_fields_and_real_values(client: Any) -> None:
    client.control("clock", {"set": "2026-11-20T09:05:31+00:00"})
    answer = client.sell("alt-1")
    assert set(answer) == {"Data"}
    data = answer["Data"]
    assert set(data) == ANSWER_FIELDS
    assert re.fullmatch("[0-9]{13}", data["CheckNumber"])
    assert data["DateTime"][:16] == "20.11.2026 14:05"
    assert data["DateTimeUTC"] == f"{data['DateTime']} +05:00"
    registration = data["Cashbox"]["RegistrationNumber"]
    prefix = f"http://ofd.example/consumer?i={data['CheckNumber']}&f={registration}&s=4000.00&t=20261120T1405"
    assert data["TicketUrl"].startswith(prefix)
    assert data["TicketPrintUrl"].endswith("/spa-ui/ticket?chb=SWK00000001&sh=1&extnum=alt-1")
    assert [line["Value"] for line in data["TicketPrintFormat"] if line["Type"] == 2] == [data["TicketUrl"]]
    printed = " ".join(line["Value"] for line in data["TicketPrintFormat"])
    assert {data["CheckNumber"], registration, "4000.00", "SWK00000001"} <= set(printed.split())


@pytest.mark.parametrize(("style", "errors"), [("null", None), ("empty", [])])
def test_errors_key_of_a_success_is_switchable(client: Any, style: str, errors: Any) -> None:
    client.control("settings", {"errors_style": style, "total_in_answer": True})
    answer = client.sell()
    assert answer["Errors"] == errors
    assert answer["Data"]["Total"] == 4000


def test_malformed_json_is_code_9(client: Any) -> None:
    response = client.session.post(f"{client.url}{CHECK}", data=b"%", timeout=10)
    text = "; Unexpected character encountered while parsing value: %. Path '', line 0, position 0."
    assert (response.status_code, response.json()) == (200, {"Errors": [{"Code": 9, "Text": text}]})


def test_names_in_any_case_and_texts_for_numbers(client: Any) -> None:
    body = {
        "token": client.login(), "CASHBOXUNIQUENUMBER": "SWK00000001", "operationType": "2",
        "externalCheckNumber": 77, "misspelt": 1,
        "positions": [{"positionname": "x", "count": "1", "price": "10.00", "taxtype": "0", "tax": "0",
                       "unitcode": "796"}],
        "payments": [{"sum": "10", "paymentType": "1"}],
    }  # fmt: skip
    client.post("/API/V4/CHECK", body).json()["Data"]
    [row] = client.look("receipts?external=77")
    assert (row["total"], row["payments"]) == ("10.00", [{"type": 1, "sum": "10.00"}])


def test_refusal_lists_every_fault_in_one_text(client: Any, position: Build) -> None:
    wrong = position(Price=25000, Discount=2500, TaxType=100, TaxPercent=16, Tax=3448.28)
    answer = client.sell(Positions=[wrong], Payments=[{"Sum": 25000, "PaymentType": 0}], Change=1000)
    [error] = answer["Errors"]
    assert error["Code"] == 9
    assert error["Text"] == (
        "Позиция 'Стрижка': Налог подсчитан неверно. (Текущее: 3 448,28, Ожидалось: 3 103,45); "
        "Сумма чека (22 500,00) не совпадает с суммой платежей (25 000,00) и сдачей (1 000,00)"
    )
    assert client.look("receipts") == []


def test_vat_rates_are_the_organisations(client: Any, position: Build, get_code: GetCode) -> None:
    client.control("settings", {"vat_rates": [16]})
    old = position(TaxType=100, TaxPercent=12, Tax=428.57)
    new = position(TaxType=100, TaxPercent=16, Tax=551.72)
    assert get_code(client.sell(Positions=[old])) == 9
    assert get_code(client.sell(Positions=[new])) is None
    assert client.look("receipts")[0]["tax"] == "551.72"


def test_checks_come_in_the_vendors_order(client: Any, get_code: GetCode) -> None:
    client.control("settings", {"duplicate_with_data": False})
    client.sell("first")
    bad: dict[str, Any] = {"Payments": []}
    client.control("clock", {"advance_seconds": DAY + 1})
    assert get_code(client.sell("first", cashbox="SWK00009999", Token="x")) == 3
    client.login()
    assert get_code(client.sell("first", cashbox="SWK00009999", **bad)) == 6
    client.control("settings", {"cashbox_problems": {"SWK00000001": 7}})
    assert get_code(client.sell("first", **bad)) == 7
    client.control("settings", {"cashbox_problems": {"SWK00000001": None}})
    assert get_code(client.sell("first", **bad)) == 14
    assert get_code(client.sell("new", **bad)) == 9
    assert get_code(client.sell("new")) == 11
    client.control("settings", {"duplicate_before_validation": False})
    assert get_code(client.sell("first", **bad)) == 9
    assert get_code(client.sell("first")) == 11


@pytest.mark.parametrize("code", [5, 6, 7, 10])
def test_cashbox_can_be_out_of_order(client: Any, get_code: GetCode, code: int) -> None:
    client.control("settings", {"cashbox_problems": {"SWK00000001": code}})
    assert get_code(client.sell()) == code
    assert get_code(client.sell(cashbox="SWK00000002")) is None


def test_duplicate_shows_the_first_receipt(client: Any) -> None:
    first = client.sell("alt-1")["Data"]
    again = client.sell("alt-1", Payments=[])
    text = "Чек с внешним номером alt-1 уже присутствует в системе"
    assert again == {"Data": first, "Errors": [{"Code": 14, "Text": text}]}
    client.control("settings", {"duplicate_with_data": False})
    assert client.sell("alt-1") == {"Errors": [{"Code": 14, "Text": text}]}
    assert len(client.look("receipts")) == 1


def test_receipts_without_a_number_are_never_duplicates(client: Any) -> None:
    numbers = {client.sell(None)["Data"]["CheckNumber"] for _ in range(2)}
    assert len(numbers) == len(client.look("receipts")) == 2


@pytest.mark.parametrize(("scope", "receipts"), [("cashbox", 1), ("shift", 2)])
def test_scope_of_uniqueness_is_switchable(client: Any, scope: str, receipts: int) -> None:
    client.control("settings", {"scope": scope})
    client.sell("alt-1")
    assert client.sell("alt-1")["Errors"][0]["Code"] == 14
    client.call(Z_REPORT)
    client.sell("alt-1")
    assert len(client.look("receipts?external=alt-1")) == receipts


def test_uniqueness_does_not_cross_cashboxes(client: Any) -> None:
    assert set(client.sell("alt-1")) == set(client.sell("alt-1", cashbox="SWK00000002")) == {"Data"}


def test_shift_opens_by_itself_and_numbers_restart(client: Any, get_code: GetCode) -> None:
    assert client.look("state")["cashboxes"][0]["open"] is False
    assert get_code(client.call(Z_REPORT)) == 13
    places = [client.sell(f"a{n}")["Data"] for n in range(2)]
    assert client.call(Z_REPORT)["Data"]["ShiftNumber"] == 1
    assert client.call(Z_REPORT) == {"Errors": [{"Code": 12, "Text": "Смена уже закрыта"}]}
    places.append(client.sell("b")["Data"])
    assert [(row["ShiftNumber"], row["CheckOrderNumber"]) for row in places] == [(1, 1), (1, 2), (2, 1)]
    assert len({row["CheckNumber"] for row in places}) == 3


def test_shift_ends_after_24_hours(client: Any, get_code: GetCode) -> None:
    client.sell("a")
    client.control("clock", {"advance_seconds": DAY - 60})
    client.login()
    assert get_code(client.sell("b")) is None
    client.control("clock", {"advance_seconds": 120})
    client.login()
    text = "Продолжительность смены превышает 24 часа. Произведите закрытие смены."
    assert client.sell("c") == {"Errors": [{"Code": 11, "Text": text}]}
    assert get_code(client.call("/api/v4/MoneyOperation", OperationType=0, Sum=1)) == 11
    assert get_code(client.call("/api/v4/XReport")) is None
    assert get_code(client.call(Z_REPORT)) is None
    assert client.sell("c")["Data"]["ShiftNumber"] == 2


def test_x_report_never_closes(client: Any) -> None:
    client.sell("a")
    client.sell("r", OperationType=3, ReturnBasisDetails=_basis_of(client, "a"))
    x = client.call("/api/v4/XReport")["Data"]
    z = client.call(Z_REPORT)["Data"]
    after = client.call("/api/v4/XReport")["Data"]
    assert x["CloseOn"] is None
    assert z["CloseOn"] == after["CloseOn"] is not None
    assert x["Sell"] == z["Sell"] == after["Sell"]
    assert z["Sell"]["PaymentsByTypesApiModel"] == [{"Sum": 4000, "Type": 0}]
    assert (z["ReturnSell"]["Count"], z["DocumentCount"], z["SumInCashbox"]) == (1, 2, 0)


def test_offline_receipts_are_numbered_here_and_stop_after_72_hours(client: Any, get_code: GetCode) -> None:
    online = client.sell("a")["Data"]
    client.control("settings", {"offline": True})
    offline = client.sell("b")["Data"]
    assert (online["OfflineMode"], offline["OfflineMode"], offline["CashboxOfflineMode"]) == (
        False,
        True,
        True,
    )
    assert online["CheckNumber"][0] != offline["CheckNumber"][0]
    client.control("clock", {"advance_seconds": 3 * DAY + 1})
    client.login()
    client.call(Z_REPORT)
    assert get_code(client.sell("c")) == 18
    client.control("settings", {"offline": False})
    assert client.sell("c")["Data"]["OfflineMode"] is False


def test_money_moves_the_drawer_once(client: Any, get_code: GetCode) -> None:
    def move(kind: int, amount: int, number: str) -> Any:
        return client.call("/api/v4/MoneyOperation", operationType=kind, sum=amount, externalCheckNumber=number)

    assert move(0, 1000, "d1")["Data"]["Sum"] == 1000
    assert get_code(move(0, 1000, "d1")) == 14
    client.sell("cash", Payments=[{"Sum": 5000, "PaymentType": 0}], Change=1000)
    client.sell("card", Payments=[{"Sum": 4000, "PaymentType": 1}])
    assert get_code(move(1, 5001, "w1")) == 8
    assert move(1, 5000, "w1")["Data"]["Sum"] == 0
    assert get_code(move(7, 1, "x")) == 9


def test_return_needs_its_basis(client: Any, get_code: GetCode) -> None:
    client.sell("a")
    text = "Необходимо заполнить данные чека основания"
    assert client.sell("r", OperationType=3) == {"Errors": [{"Code": 9, "Text": text}]}
    assert get_code(client.sell("r", OperationType=3, ReturnBasisDetails=_basis_of(client, "a"))) is None


def test_strict_returns_look_at_the_sale(client: Any, get_code: GetCode, position: Build) -> None:
    client.control("settings", {"verify_returns": True})
    client.sell("a")
    basis = _basis_of(client, "a")
    half = {
        "OperationType": 3,
        "Positions": [position(Price=2500)],
        "Payments": [{"Sum": 2500, "PaymentType": 0}],
    }
    for wrong in ({"CheckNumber": "1"}, {"Total": 1}, {"IsOffline": True}, {"DateTime": "01.01.2026 00:00"}):
        assert get_code(client.sell("r1", **half, ReturnBasisDetails=basis | wrong)) == 9
    assert get_code(client.sell("r1", **half, ReturnBasisDetails=basis)) is None
    assert "остаток" in client.sell("r2", **half, ReturnBasisDetails=basis)["Errors"][0]["Text"]


def test_protocol_204_asks_for_the_kind_of_position(client: Any, position: Build, get_code: GetCode) -> None:
    client.control("settings", {"protocol": 204})
    assert get_code(client.sell()) == 9
    assert get_code(client.sell(Positions=[position(PositionType=2)])) is None


def _basis_of(client: Any, number: str) -> dict[str, Any]:
    data = client.sell(number)["Data"]
    return {
        "CheckNumber": data["CheckNumber"],
        "DateTime": data["DateTime"],
        "RegistrationNumber": data["Cashbox"]["RegistrationNumber"],
        "Total": 4000,
        "IsOffline": data["OfflineMode"],
    }
