"""Writes structured logs: one event a line, ids bound once, secrets and personal data never."""

import fcntl
import json
import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from shared.config import Settings
from shared.lean import without

with without("rich"):
    import structlog
from structlog.typing import FilteringBoundLogger

# Whoever names the work takes them from here, so that nobody else loads structlog.
bind_contextvars = structlog.contextvars.bind_contextvars
bound_contextvars = structlog.contextvars.bound_contextvars
clear_contextvars = structlog.contextvars.clear_contextvars
get_contextvars = structlog.contextvars.get_contextvars

_SECRET_KEYS = re.compile(r"token|password|secret|authorization|api[-_]?key|cookie|login|signature", re.IGNORECASE)
_PERSONAL_KEYS = re.compile(r"^(client|customer\w*|phone|email|name|surname|patronymic|display_name)$", re.IGNORECASE)
# Kazakhstan's numbers in any writing, and everything that begins with a plus and is long enough to be a number.
_PHONE = re.compile(r"(?<![\w.])\+?[78][\s(-]{0,2}7\d{2}[\s)-]{0,2}\d{3}[\s-]?\d{2}[\s-]?\d{2}(?!\d)|\+\d[\d\s()-]{8,18}\d")
# Every repetition that another can follow has an end: without one, a long text takes a time that grows with its square.
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]{1,190}")
_BEARER = re.compile(r"(?i)bearer\s+\S+")
# Also of a path that was mistyped before it, or has a slash too many.
_WEBHOOK_PATH = re.compile(r"(?i)(webhook/+)(?!status(?:/|\s|$))[^\s/?\"']+")
_URL_PASSWORD = re.compile(r"(://[^:/@\s]*:)[^/\s]+(@)")
# A name of a secret, with what follows it in JSON, a form, a header or a table; and what looks like a token by itself.
_SECRET_TEXT = re.compile(
    r"(?i)((?:token|password|secret|authorization|api[-_]?key|cookie|login|signature)"
    r"[\"'\\]*\s*(?:[:=]|</?\w[^<>]*>)(?:\s|[\"'\\]|</?\w[^<>]*>|bearer\s)*)[^\s\"'\\,;&<>{}]+"
)
_TOKEN_TEXT = re.compile(r"\b[0-9a-fA-F]{32,}\b|\beyJ[\w-]{1,2000}\.[\w-]{1,4000}\.[\w-]*")
# What each of the five patterns needs: most texts hold none of it, and one look is cheaper than five.
_MAY_TELL = re.compile(r"[78][\s(-]{0,2}7\d\d|[@+]|://|(?i:webhook/|bearer)")
MASK = "***"
# A line of a log is read by people; what is longer was sent to fill it.
MAX_MASKED = 20_000
ERRORS_FILE = "errors.log"
# Two files of this size at most: the one in use and the one before it.
ERRORS_FILE_BYTES = 5_000_000


def mask_text(text: str) -> str:
    """Masks phones, e-mail addresses, bearer tokens, the secret path segment and passwords of URLs, wherever they stand."""
    # One plain word, as most values in a log line are, or a text that none of the patterns below could be about.
    text = _cut(text)
    if (text.isidentifier() and text.isascii()) or not _MAY_TELL.search(text):
        return text
    text = _URL_PASSWORD.sub(rf"\1{MASK}\2", text)
    text = _WEBHOOK_PATH.sub(rf"\1{MASK}", text)
    text = _BEARER.sub(f"Bearer {MASK}", text)
    text = _EMAIL.sub(MASK, text)
    return _PHONE.sub(MASK, text)


def mask_secrets(text: str) -> str:
    """Masks what stands behind the name of a secret in a text of any kind, and tokens wherever they stand."""
    return _TOKEN_TEXT.sub(MASK, _SECRET_TEXT.sub(rf"\1{MASK}", _URL_PASSWORD.sub(rf"\1{MASK}\2", _cut(text))))


def _cut(text: str) -> str:
    return text if len(text) <= MAX_MASKED else f"{text[:MAX_MASKED]}…"


def mask(value: Any, *, personal: bool = True) -> Any:
    """Returns a copy of JSON-like data without secrets and, unless `personal` is False, without personal fields."""
    if isinstance(value, dict):
        return {key: _mask_entry(str(key), item, personal) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [mask(item, personal=personal) for item in value]
    return mask_text(value) if isinstance(value, str) and personal else value


def _mask_entry(key: str, value: Any, personal: bool) -> Any:
    if value is None or value == "":
        return value
    if _is_telling(key, personal):
        return MASK
    return value if type(value) is int else mask(value, personal=personal)


@lru_cache(maxsize=1024)
def _is_telling(key: str, personal: bool) -> bool:
    return bool(_SECRET_KEYS.search(key) or (personal and _PERSONAL_KEYS.match(key)))


def _mask_event(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: _mask_entry(key, value, True) if key != "event" else mask_text(str(value)) for key, value in event.items()}


class _Output:
    """The end of a line of ours: standard error, as it is now. A line that cannot be written ends nothing."""

    def __init__(self, name: str) -> None:
        self.name = name

    def info(self, line: str) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.write(line + "\n")
            sys.stderr.flush()

    debug = warning = error = critical = info


def configure_logging(settings: Settings, level: str | None = None) -> None:
    """Leads everything that logs in this process, libraries included, through the masks to standard error.

    Our own lines take the short way, past the standard library: a line costs a webhook less than its number in the table.
    `level` overrules the setting.
    """
    level = (level or settings.log_level).upper()
    prepare: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.format_exc_info,
        _mask_event,
        # Nothing that follows can hold a secret.
        structlog.processors.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    as_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    render = _render_json if as_json else structlog.dev.ConsoleRenderer()
    errors = ErrorFile(Path(settings.log_dir) / ERRORS_FILE) if settings.log_dir else None
    structlog.configure(
        processors=[*prepare, *([errors.keep] if errors else []), render],
        logger_factory=_Output,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )
    _lead_libraries(level, prepare, render, errors)


def _lead_libraries(level: str, prepare: list[Any], render: Any, errors: "ErrorFile | None") -> None:
    def build_formatter(*last: Any) -> logging.Formatter:
        remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
        return structlog.stdlib.ProcessorFormatter(foreign_pre_chain=prepare, processors=[remove_meta, *last])

    handler = logging.StreamHandler()
    handler.setFormatter(build_formatter(render))
    # What no line of ours shows is not asked for.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    root = logging.getLogger()
    root.handlers = [handler]
    if errors:
        errors.setFormatter(build_formatter(_render_json))
        root.addHandler(errors)
    root.setLevel(level)
    # What these say at INFO our own lines say better: a task received and succeeded, a tick sent.
    for name in ("urllib3", "kombu", "amqp", "celery.beat", "celery.worker.strategy", "celery.app.trace", "alembic"):
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))


def _render_json(_: Any, __: str, event: MutableMapping[str, Any]) -> str:
    try:
        return _ENCODER.encode(event).decode()
    except (TypeError, ValueError):  # a lone surrogate, a key that is no text
        return json.dumps(event, default=repr, skipkeys=True)


_ENCODER = msgspec.json.Encoder(enc_hook=repr)


class ErrorFile(logging.Handler):
    """Writes errors once more, to a file that outlives a container. Processes share it, so it is opened for each line.

    A file that cannot be written is not complained of: standard error has said everything already.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(logging.ERROR)
        self._path = path

    def keep(self, _: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Writes our own lines of level error or worse, as a processor of structlog; what libraries say comes by `emit`."""
        if method in ("error", "critical"):
            self._try_to_write(_render_json(_, method, event))
        return event

    def emit(self, record: logging.LogRecord) -> None:
        """Writes a library's line, as the standard library's handler."""
        try:
            line = self.format(record)
        except Exception:  # as every handler of the library: a line that cannot be formatted ends nothing
            self.handleError(record)
            return
        self._try_to_write(line)

    def _try_to_write(self, line: str) -> None:
        with suppress(OSError):
            self._write(line + "\n")

    def _write(self, line: str) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(line)
            file.flush()
            # Of the name, not of this file: another process may have replaced it while we waited.
            if self._path.stat().st_size > ERRORS_FILE_BYTES:
                self._path.replace(self._path.with_name(f"{ERRORS_FILE}.1"))


def write_lines(name: str, events: Iterable[MutableMapping[str, Any]]) -> None:
    """Writes several lines at INFO with one write, through everything a line goes through. For a path that is hot enough."""
    if not logging.getLogger().isEnabledFor(logging.INFO):
        return
    output, processors = _Output(name), structlog.get_config()["processors"]
    lines = []
    for event in events:
        line: Any = event
        for process in processors:
            line = process(output, "info", line)
        lines.append(line)
    output.info("\n".join(lines))


def get_logger(name: str) -> FilteringBoundLogger:
    """Returns the logger of a module."""
    logger: FilteringBoundLogger = structlog.get_logger(name)
    return logger
