"""Faults of Webkassa and of the way to it. The receipts of the calls they hit are followed up."""

from typing import Any

from dev.chaos.faults.injections import (
    advance_clock,
    answer_duplicate,
    answers,
    calls,
    fail_lookups,
    lasts,
    refuses,
    times_out,
    writes,
)
from dev.chaos.trouble import Fault
from dev.harness.simulator import SimulatorControl

DAY_AND_HOUR = 25 * 3600
# The simulator's words for a second call on one cashbox; the vendor's own are not known.
NOT_SEQUENTIAL = "Запросы к одной кассе выполняются последовательно, предыдущий запрос ещё не завершён"
BROKEN = "Сбой \ud83d\0 связи"
# The receipt is recorded, and something of its answer is not as it should be.
ODD_RECEIPTS: dict[str, dict[str, Any]] = {
    "a warning": {"errors": [{"Code": 9, "Text": "Внимание: срок действия лицензии истекает"}]},
    "the year 1": {"changes": {"DateTime": "01.01.0001 00:00:00", "DateTimeUTC": "01.01.0001 00:00:00 +05:00"}},
    "broken words": {"changes": {"EmployeeName": BROKEN, "Cashbox": {"Address": BROKEN}}},
    "a total of 0": {"changes": {"Total": 0}},
    "the number of another sale": {
        "changes": {"TicketPrintUrl": "https://webkassa.example/?chb=SWK9&sh=1&extnum=altegio_1"}
    },
    "the number of another register": {"changes": {"Cashbox": {"UniqueNumber": "SWK99999999"}}},
}
# What becomes of a call when a third of all fail at random.
_ILLS: tuple[dict[str, Any], ...] = (
    {"kind": "drop"},
    {"kind": "drop", "when": "after"},
    {"kind": "html_500"},
    {"kind": "html_502", "when": "after"},
    {"kind": "code", "code": -1},
    {"kind": "code", "code": -1, "when": "after"},
    {"kind": "truncated", "when": "after"},
    {"kind": "text_200"},
    {"kind": "429", "retry_after": 1},
)


def fail_a_third(simulator: SimulatorControl, seed: int) -> None:
    """Until the faults are cleared. A call meets one ill after another, so each is as likely as makes a third of all."""
    probability = 1 - (2 / 3) ** (1 / len(_ILLS))
    for number, ill in enumerate(_ILLS):
        simulator.fault(operation="any", times=None, probability=probability, seed=seed + number, **ill)


WEBKASSA_FAULTS = (
    refuses("no access to one cashbox", 5),
    refuses("one cashbox blocked", 7),
    refuses("one cashbox not activated", 10),
    lasts("one cashbox answers -1", one=True, kind="code", code=-1),
    calls("drop before recording", kind="drop"),
    calls("drop after recording", kind="drop", when="after"),
    calls("reset after recording", kind="reset", when="after"),
    times_out("time-out before recording", when="before"),
    times_out("time-out after recording", when="after"),
    calls("truncated JSON after recording", kind="truncated", when="after"),
    calls("HTML 502 before recording", kind="html_502"),
    calls("HTML 502 after recording", kind="html_502", when="after"),
    calls("HTTP 200 with HTML before recording", kind="text_200"),
    calls("HTTP 200 with HTML after recording", kind="text_200", when="after"),
    calls("429 with Retry-After", kind="429", retry_after=2),
    calls("code -1 before recording", kind="code", code=-1),
    calls("code -1 after recording", kind="code", code=-1, when="after"),
    calls("505 without spare hosts", kind="http_505"),
    # The spare is the same simulator, which answers the second call.
    calls("505 with spare hosts", kind="http_505", alternatives=lambda trouble: trouble.world.simulator.host),
    calls("duplicate without data", kind="code", code=14, when="after"),
    Fault("duplicate with data", answer_duplicate, hits_all=False),
    calls("overlap refused", kind="code", code=9, text=NOT_SEQUENTIAL),
    answers("token expired", "error:2", SimulatorControl.expire_tokens),
    answers("token revoked", "error:3", SimulatorControl.revoke_tokens),
    answers("shift over 24 h", "error:11", lambda simulator: simulator.clock(advance_seconds=DAY_AND_HOUR)),
    Fault("clock of Webkassa 30 s ahead", advance_clock, hits_all=True),
    Fault("lookups fail too", fail_lookups, hits_all=False),
    lasts("outage", kind="html_503"),
    *(lasts(f"gateway answers {status}", kind="page", status=status) for status in (200, 302, 403, 404)),
    writes("keys in camelCase", key_style="camel"),
    writes("numbers and booleans as text", value_style="text"),
    calls("no HTTP after recording", kind="garbage", when="after"),
    calls("answer sent twice", kind="twice", when="after"),
    calls("another document before recording", kind="foreign"),
    calls("another document after recording", kind="foreign", when="after"),
    calls("duplicate with another document", kind="foreign_14", when="after"),
    calls("headers byte by byte", 1, kind="drip", when="after", pace=0.5),
    calls("100 Continue again and again", 1, kind="continue", when="after", pace=0.5),
    calls("429 until a date", kind="429", retry_after=2, dated=True),
    calls("session expired three times", kind="code", code=2),
    calls("505 with a host of somebody else", kind="http_505", alternatives="127.0.0.2:9"),
    calls("code -1 in broken words", kind="json", body={"Errors": [{"Code": -1, "Text": BROKEN}]}),
    *(calls(f"receipt with {what}", kind="changed", when="after", **spoiled) for what, spoiled in ODD_RECEIPTS.items()),
)
