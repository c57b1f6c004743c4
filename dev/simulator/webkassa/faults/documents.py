"""Answers that look right and are not: another document's, or with something in them that was never there."""

from collections.abc import Mapping, Sequence
from typing import Any

from dev.simulator.faults import Spoil
from dev.simulator.jsontext import parse
from dev.simulator.webkassa.answers import build_check, build_history_item
from dev.simulator.webkassa.calls import Call
from dev.simulator.webkassa.ledger import Receipt
from dev.simulator.webkassa.rules.arithmetic import Sums
from dev.simulator.wire import Ending, json_reply


def change(fault: Any, ending: Ending, _call: Call) -> Ending:
    answer = parse(ending.reply.body)
    data = answer.get("Data") or {}
    for target in data.get("Items", [data]):
        _merge(target, fault.changes)
    return Ending(f"fault:{fault.kind}", json_reply(answer if fault.errors is None else {**answer, "Errors": fault.errors}))


def answer_for_another(**beside: Any) -> Spoil:
    """An answer that belongs to another call; unspoiled while there is no other receipt it could be of."""

    def spoil(fault: Any, ending: Ending, call: Call) -> Ending:
        other = _find_other(call, fault.document)
        if other is None:
            return ending
        return Ending(f"fault:{fault.kind}", json_reply({"Data": _describe(other, call), **beside}))

    return spoil


def _merge(data: dict[str, Any], changes: Mapping[str, Any]) -> None:
    for name, value in changes.items():
        if isinstance(value, dict) and isinstance(data.get(name), dict):
            _merge(data[name], value)
        else:
            data[name] = value


def _find_other(call: Call, external_number: str | None) -> Receipt | None:
    with call.register.lock:
        others: Sequence[Receipt] = [
            receipt
            for receipt in reversed(call.register.receipts)
            if receipt.external_number != call.external_number and external_number in {None, receipt.external_number}
        ]
    total = Sums(call.fields).total if call.entry.operation == "check" else None
    alike = [receipt for receipt in others if receipt.sums.total == total]
    return next(iter([*alike, *others]), None)


def _describe(receipt: Receipt, call: Call) -> dict[str, Any]:
    match call.entry.operation:
        case "check":
            return build_check(receipt, call.settings)
        case "check_history":
            return {"Skip": 0, "Take": 50, "Total": 1, "Items": [build_history_item(receipt)]}
        case _:
            return build_history_item(receipt)
