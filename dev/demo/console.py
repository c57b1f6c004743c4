"""What a person sees: `name | line`, coloured on a terminal, and the frame around the receipt."""

import os
import re
import sys
from collections.abc import Mapping, Sequence
from typing import TextIO

OWN_NAME = "demo"
_WIDTH = 10
_RESET = "\x1b[0m"
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
_COLOURS = {
    OWN_NAME: "\x1b[1;36m",
    "postgres": "\x1b[34m",
    "redis": "\x1b[31m",
    "migrate": "\x1b[35m",
    "webkassa": "\x1b[33m",
    "api": "\x1b[32m",
    "worker": "\x1b[95m",
    "beat": "\x1b[90m",
}


class Console:
    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self.gone = False
        self._coloured = (
            self._stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
        )

    def say(self, text: str) -> None:
        for line in text.splitlines():
            self.show(OWN_NAME, line)

    def show(self, name: str, line: str) -> None:
        prefix = f"{name:<{_WIDTH}}|"
        if self._coloured:
            prefix = f"{_COLOURS.get(name, '')}{prefix}{_RESET}"
        else:
            line = _ESCAPES.sub("", line)
        self.write(f"{prefix} {line}")

    def write(self, text: str) -> None:
        """A terminal that went away is noted and raises nothing: the children must be ended all the same."""
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except OSError:
            self.gone = True

    def frame(self, title: str, rows: Mapping[str, str]) -> None:
        for line in draw_frame(title, rows):
            self.write(line)


def draw_frame(title: str, rows: Mapping[str, str]) -> Sequence[str]:
    width = max(map(len, rows))
    body = [f"{name:<{width}}  {value}" for name, value in rows.items()]
    inner = max(len(title), *map(len, body))
    return (
        f"┌─{'─' * inner}─┐",
        f"│ {title:^{inner}} │",
        f"├─{'─' * inner}─┤",
        *(f"│ {line:<{inner}} │" for line in body),
        f"└─{'─' * inner}─┘",
    )
