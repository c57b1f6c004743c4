"""Somebody at Webkassa's own cabinet: sells and closes shifts without our knowledge."""

from typing import Any

import requests

from dev.demo.state import LOGIN, Secrets


class Cabinet:
    def __init__(self, url: str, secrets: Secrets) -> None:
        self._url, self._secrets = url, secrets

    def sell(self, cashbox: str, external: str, total: int) -> None:
        position = {"PositionName": "Кофе", "Count": 1, "Price": total, "TaxType": 0, "Tax": 0, "UnitCode": 796}
        self._call(
            "check",
            CashboxUniqueNumber=cashbox,
            OperationType=2,
            ExternalCheckNumber=external,
            Positions=[{**position, "PositionType": 0}],
            Payments=[{"Sum": total, "PaymentType": 0}],
        )

    def z_report(self, cashbox: str) -> None:
        self._call("ZReport", CashboxUniqueNumber=cashbox)

    def _call(self, method: str, **body: Any) -> None:
        token = self._post("Authorize", Login=LOGIN, Password=self._secrets.webkassa_password)["Data"]["Token"]
        answer = self._post(method, Token=token, **body)
        if "Data" not in answer:
            raise ValueError(f"{method}: {answer}")

    def _post(self, method: str, **body: Any) -> Any:
        headers = {"x-api-key": self._secrets.webkassa_api_key}
        with requests.Session() as session:
            session.trust_env = False
            return session.post(f"{self._url}/api/v4/{method}", json=body, headers=headers, timeout=20).json()
