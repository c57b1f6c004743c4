"""Libraries that a process would load and never use, left out. Nowhere else is `sys.modules` told what is not so.

Private memory this saves, in MB (`Private_Dirty` of /proc/PID/smaps_rollup when all is loaded, Python 3.11, 64 bits):

|                                   | api | worker | beat | Flower |
| rich, which structlog paints with | 2.9 |    2.0 |  2.0 |    2.9 |
| Flower and Tornado                |   - |    3.5 |  5.3 |      - |

Together 19 of the 291 MB of the four (docs/performance.md), whose bound is 300. To measure the whole anew, take the calls of
`without` and `stand_in` away: `make bench ARGS="--only footprint"`.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def without(library: str) -> Iterator[None]:
    """Lets what is imported meanwhile find that library missing; afterwards it can be imported as ever."""
    if library in sys.modules:
        yield
        return
    sys.modules[library] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[library]


def stand_in(module: str, **contents: object) -> None:
    """Puts an empty module with these contents in the place of one that is not loaded yet."""
    if module not in sys.modules:
        sys.modules[module] = ModuleType(module)
        vars(sys.modules[module]).update(contents)
