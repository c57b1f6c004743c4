"""Posts one envelope the way Altegio does: short patience, two more tries, and then the event is gone."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

import requests

from dev.simulator.altegio.bodies import Envelope

CONNECT_SECONDS, TOTAL_SECONDS = 5.0, 10.0
PAUSES = (1.5, 1.5)
HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": "GuzzleHttp/7",
    # Altegio sends one value shared by all receivers. It proves nothing; a receiver must not keep or log it.
    "Authorization": "Bearer " + "simulated" * 3 + "-same",
}


@dataclass(frozen=True)
class Outcome:
    accepted: bool
    status: int | None
    tries: int
    problem: str = ""


class Sender:
    def __init__(self, url: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._url = url
        self._sleep = sleep
        self._session = requests.Session()
        # Proxies of the environment must not see or bend what is posted to a local address.
        self._session.trust_env = False

    def send(self, envelope: Envelope) -> Outcome:
        body = json.dumps(envelope).encode("ascii")
        outcome = self._try(body, 1)
        for number, pause in enumerate(PAUSES, start=2):
            if not _is_worth_repeating(outcome):
                break
            self._sleep(pause)
            outcome = self._try(body, number)
        return outcome

    def close(self) -> None:
        self._session.close()

    def _try(self, body: bytes, number: int) -> Outcome:
        try:
            answer = self._session.post(
                self._url, data=body, headers=HEADERS, timeout=(CONNECT_SECONDS, TOTAL_SECONDS), allow_redirects=False
            )
        except requests.RequestException as error:
            # The class only: the text of the error repeats the address, and the address may hold the secret.
            return Outcome(False, None, number, type(error).__name__)
        accepted = 200 <= answer.status_code < 300
        problem = "" if accepted else " ".join(answer.text.split())[:200]
        return Outcome(accepted, answer.status_code, number, problem)


def _is_worth_repeating(outcome: Outcome) -> bool:
    return outcome.status is None or outcome.status == 429 or outcome.status >= 500
