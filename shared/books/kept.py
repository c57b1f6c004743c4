"""Writes the books of a day as JSON and reads them again, to the tiyn: sums stand as text."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter

from shared.books.model import DayBooks


def write_books(books: DayBooks) -> dict[str, Any]:
    """Returns the books of a day as JSON keeps them, without what is open at its end: that is read anew each time."""
    written: dict[str, Any] = _find_adapter().dump_python(books, mode="json", exclude={"open"})
    return written


def read_books(kept: Mapping[str, Any]) -> DayBooks:
    """Returns what `write_books` wrote. Raises ValueError where the words are those of another version."""
    return _find_adapter().validate_python(_mend(kept))


@cache
def _find_adapter() -> TypeAdapter[DayBooks]:
    return TypeAdapter(DayBooks)


def _mend(value: Any) -> Any:
    """A way of payment that was not told is None, which JSON cannot have for a name."""
    if isinstance(value, Mapping):
        return {None if name == "None" else name: _mend(part) for name, part in value.items()}
    return [_mend(part) for part in value] if isinstance(value, list) else value
