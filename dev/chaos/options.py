"""What the command line of the suite can choose."""

from dataclasses import dataclass, field

from dev.harness import command
from dev.harness.command import option

SCOPES = {"both": ("cashbox", "shift"), "cashbox": ("cashbox",), "shift": ("shift",)}


@dataclass(frozen=True, kw_only=True)
class Options(command.Options):
    due: int = option(500, "receipts that are due (500)")
    workers: int = option(2, "(2)")
    scope: str = option("both", "where Webkassa's numbers are unique", choices=SCOPES)
    faults: str = option("", "parts of names, comma separated; `list` shows the names")
    write_back: str = option(
        "off", "receipts are named in Altegio's visits, which is asked then (off)", choices=("off", "on")
    )
    third: float = option(0.0, "minutes in which a third of all calls of Webkassa fail, in place of the faults (0)")
    mail: float = option(
        0.0, "minutes in which the mail server takes nothing and workers are killed, in place of the faults (0)"
    )
    minutes: float = option(20.0, "no new fault after this long")
    # How long the next fault waits for the recovery of the last one. Less, and more of them meet.
    patience: float = 12.0
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def scopes(self) -> tuple[str, ...]:
        return SCOPES[self.scope]
