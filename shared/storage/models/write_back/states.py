from enum import StrEnum


class WriteState(StrEnum):
    """Names the states of something to be written into Altegio. `written`: it is looked after once more."""

    OPEN = "open"
    WRITTEN = "written"
    DONE = "done"
    GIVEN_UP = "given_up"


class CheckState(StrEnum):
    """Names what the operator's page says of a receipt. `mute`: it says nothing that could be read."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    DIFFERS = "differs"
    UNKNOWN = "unknown"
    MUTE = "mute"
