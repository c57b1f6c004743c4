"""Holds what both processes need: configuration, tables, payload models, money, names of queues and tasks."""

import sys

# structlog paints with rich where it finds it, which is four megabytes in each of four processes for a terminal's sake.
if not {"structlog", "rich"} & sys.modules.keys():
    sys.modules["rich"] = None  # type: ignore[assignment]
    import structlog  # noqa: F401

    del sys.modules["rich"]
