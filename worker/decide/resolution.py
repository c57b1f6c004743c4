"""What a decision does to the delivery's row, and who has to be woken after the commit."""

from dataclasses import dataclass

from shared.fiscal.statuses import RecordState

_ENDS = (RecordState.PROCESSED, RecordState.IGNORED, RecordState.DEAD_LETTERED)


@dataclass(frozen=True, slots=True)
class Resolution:
    """`wait_seconds`: decide again after that. `cashbox_id`: a receipt is due there. `wake`: rows to decide again now."""

    state: RecordState
    reason: str | None = None
    code: str | None = None
    receipt_id: int | None = None
    wait_seconds: float | None = None
    cashbox_id: int | None = None
    wake: tuple[int, ...] = ()

    @property
    def is_end(self) -> bool:
        return self.state in _ENDS

    @classmethod
    def ignored(cls, reason: str) -> "Resolution":
        return cls(RecordState.IGNORED, reason)

    @classmethod
    def awaiting(cls, reason: str) -> "Resolution":
        return cls(RecordState.AWAITING_PAYMENT, reason)

    @classmethod
    def processed(cls, reason: str, *, receipt_id: int | None = None, wake: tuple[int, ...] = ()) -> "Resolution":
        return cls(RecordState.PROCESSED, reason, receipt_id=receipt_id, wake=wake)

    @classmethod
    def dead(cls, code: str, reason: str, *, receipt_id: int | None = None) -> "Resolution":
        return cls(RecordState.DEAD_LETTERED, reason, code, receipt_id=receipt_id)

    @classmethod
    def issuing(cls, receipt_id: int, cashbox_id: int) -> "Resolution":
        return cls(RecordState.PROCESSING, receipt_id=receipt_id, cashbox_id=cashbox_id)

    @classmethod
    def retrying(cls, code: str, reason: str, seconds: float) -> "Resolution":
        return cls(RecordState.RETRYING, reason, code, wait_seconds=seconds)

    @classmethod
    def waiting(cls, reason: str, seconds: float) -> "Resolution":
        return cls(RecordState.RECEIVED, reason, wait_seconds=seconds)
