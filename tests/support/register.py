"""Somebody else at the same cash register: the vendor's cabinet, or a cashier who closes the shift by hand."""

from typing import Any

from dev.demo.state import CASHBOX, LOGIN
from tests.support.simulator import SimulatorControl
from tests.support.web import request


class Register:
    def __init__(self, simulator: SimulatorControl) -> None:
        self._simulator = simulator

    def z_report(self) -> Any:
        return self._call("ZReport", CashboxUniqueNumber=CASHBOX)["Data"]

    def sell(self, external: str, total: int = 100) -> Any:
        """A receipt that is not ours, unless it takes our number."""
        position = {
            "PositionName": "Кофе",
            "Count": 1,
            "Price": total,
            "TaxType": 0,
            "Tax": 0,
            "UnitCode": 796,
            "PositionType": 0,
        }
        return self._call(
            "check",
            CashboxUniqueNumber=CASHBOX,
            OperationType=2,
            ExternalCheckNumber=external,
            Positions=[position],
            Payments=[{"Sum": total, "PaymentType": 1}],
        )["Data"]

    def _call(self, method: str, **body: Any) -> Any:
        token = self._post("Authorize", Login=LOGIN, Password=self._simulator.secrets.webkassa_password)
        answer = self._post(method, Token=token["Data"]["Token"], **body)
        assert "Errors" not in answer, answer
        return answer

    def _post(self, method: str, **body: Any) -> Any:
        headers = {"x-api-key": self._simulator.secrets.webkassa_api_key}
        return request("POST", f"{self._simulator.url}/api/v4/{method}", json=body, headers=headers).json()
