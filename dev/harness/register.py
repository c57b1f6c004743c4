"""Somebody else at the same cash register: the vendor's cabinet, or a cashier who closes the shift by hand."""

from typing import Any

from dev.demo.state import CASHBOX, LOGIN
from dev.demo.web import call
from dev.harness.simulator import SimulatorControl

CASH, CARD = 0, 1


class Register:
    def __init__(self, simulator: SimulatorControl, cashbox: str = CASHBOX) -> None:
        self._simulator, self._cashbox = simulator, cashbox

    def z_report(self) -> Any:
        return self._call("ZReport")

    def deposit(self, amount: int) -> Any:
        return self._call("MoneyOperation", OperationType=0, Sum=amount)

    def sell(self, external: str, total: int = 100, payment_type: int = CARD) -> Any:
        """A receipt that is not ours, unless it takes our number."""
        position = {"PositionName": "Кофе", "Count": 1, "Price": total, "TaxType": 0, "Tax": 0, "UnitCode": 796}
        return self._call(
            "check",
            OperationType=2,
            ExternalCheckNumber=external,
            Positions=[{**position, "PositionType": 0}],
            Payments=[{"Sum": total, "PaymentType": payment_type}],
        )

    def _call(self, method: str, **body: Any) -> Any:
        token = self._post("Authorize", Login=LOGIN, Password=self._simulator.secrets.webkassa_password)["Token"]
        return self._post(method, Token=token, CashboxUniqueNumber=self._cashbox, **body)

    def _post(self, method: str, **body: Any) -> Any:
        headers = {"x-api-key": self._simulator.secrets.webkassa_api_key}
        answer = call("POST", f"{self._simulator.url}/api/v4/{method}", json=body, headers=headers)
        assert "Errors" not in answer, answer
        return answer["Data"]
