"""Times every HTTP call to Webkassa: a metric, a span, and a line in the log where it failed."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from shared.logging import get_logger
from shared.metrics import WEBKASSA_SECONDS
from shared.tracing import tell_span
from worker.webkassa.errors import WebkassaError

log = get_logger(__name__)

_OK, _NO_CODE, _LONGEST_CODE = "ok", "none", 5


@contextmanager
def watch_call(path: str) -> Iterator[None]:
    """Times one HTTP call to Webkassa. A failure is logged, under whatever ids the work has bound.

    What a success led to has a line of its own, and a busy worker spends a twentieth of its time on a line for each call.
    """
    call, code = path.rsplit("/", 1)[-1], _OK
    started = time.perf_counter()
    try:
        yield
    except WebkassaError as error:
        code = error.code or _NO_CODE
        raise
    finally:
        seconds = time.perf_counter() - started
        # The vendor may send any text as a code; labels have to stay few.
        WEBKASSA_SECONDS.labels(call=call, code=code if len(code) <= _LONGEST_CODE else "other").observe(seconds)
        if code != _OK:
            log.info("webkassa call", call=call, code=code, seconds=round(seconds, 3))
        tell_span(f"webkassa {call}", seconds, code=code)
