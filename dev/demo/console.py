"""What a person sees: `name | line`, coloured on a terminal, and the frame around the receipt."""

import os
import re
import sys
from collections.abc import Mapping
from typing import TextIO

_WIDTH = 10
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
_COLOURS = {"demo": "1;36", "postgres": 34, "redis": 31, "migrate": 35, "webkassa": 33, "api": 32, "worker": 95}
_OTHER_COLOUR = 90


class Console:
    """Threads may call it: a line is written in one step."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self.gone = False
        is_dumb = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
        self._coloured = self._stream.isatty() and not is_dumb

    def say(self, text: str) -> None:
        for line in text.splitlines():
            self.show("demo", line)

    def show(self, name: str, line: str) -> None:
        prefix = f"{name:<{_WIDTH}}|"
        if self._coloured:
            self.write(f"\x1b[{_COLOURS.get(name, _OTHER_COLOUR)}m{prefix}\x1b[0m {line}")
        else:
            self.write(f"{prefix} {_ESCAPES.sub('', line)}")

    def write(self, text: str) -> None:
        """A terminal that went away is noted and raises nothing: the children must be ended all the same."""
        try:
            self._stream.write(text + "\n")
            self._stream.flush()
        except OSError:
            self.gone = True

    def frame(self, title: str, rows: Mapping[str, str]) -> None:
        """Not rich's panel, which would break the link of a receipt in two."""
        body = [f"{name:<{max(map(len, rows))}}  {value}" for name, value in rows.items()]
        inner = max(len(title), *map(len, body))
        lines = [f"┌─{'─' * inner}─┐", f"│ {title:^{inner}} │", f"├─{'─' * inner}─┤"]
        lines += [*(f"│ {line:<{inner}} │" for line in body), f"└─{'─' * inner}─┘"]
        self.write("\n".join(lines))
