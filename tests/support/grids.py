"""Choices of big grids: by default rows that show every class, in the thorough form (`make model`) every combination."""

from collections.abc import Callable, Collection, Mapping
from itertools import combinations, product
from typing import Any

import pytest

from tests.support.effort import IS_THOROUGH

Row = tuple[int, ...]
Axis = Collection[Any]
# What marks a test or a class of tests.
Mark = Callable[[Any], Any]


def grid(names: str, *axes: Axis, together: int = 1, **options: Any) -> Mark:
    """Parametrizes a test with a product: all of it in the thorough form, by default every value of every axis.

    `together=2`: each pair of values of two axes as well. An axis that is a mapping names its values. `options` are those
    of `pytest.mark.parametrize`.
    """
    labelled = [list(axis.items()) if isinstance(axis, Mapping) else [(_label(one), one) for one in axis] for axis in axes]
    rows = list(product(*(range(len(axis)) for axis in labelled)))
    chosen = rows if IS_THOROUGH else cover(rows, together)
    picked = [[labelled[axis][place] for axis, place in enumerate(row)] for row in chosen]
    return _mark(names, [("-".join(label for label, _ in row), tuple(value for _, value in row)) for row in picked], options)


def few(name: str, values: Axis, *quick: str) -> Mark:
    """Parametrizes a test with all values in the thorough form, by default with those of these labels.

    For values that are of one class here, and each of which another test of the default form shows.
    """
    labelled = dict(values) if isinstance(values, Mapping) else {_label(one): one for one in values}
    chosen = list(labelled) if IS_THOROUGH else quick
    return _mark(name, [(label, (labelled[label],)) for label in chosen], {})


def cover(rows: list[Row], together: int) -> list[Row]:
    """Chooses, always the same, rows that show every combination of so many axes: first those that show most."""
    missing = set().union(*(_show(row, together) for row in rows))
    chosen: list[Row] = []
    while missing:
        # Among equals the first, which takes fewest rows for pairs; for single values those that were chosen least, so that
        # no axis keeps to its first value when all of its own are shown.
        repeated = chosen if together == 1 else []
        best = max(rows, key=lambda row: (len(_show(row, together) & missing), -_count_shared(row, repeated)))
        missing -= _show(best, together)
        chosen.append(best)
    return sorted(chosen)


def _show(row: Row, together: int) -> set[tuple[tuple[int, int], ...]]:
    return set(combinations(enumerate(row), min(together, len(row))))


def _count_shared(row: Row, chosen: list[Row]) -> int:
    return sum(one == other for earlier in chosen for one, other in zip(row, earlier, strict=True))


def _label(value: Any) -> str:
    return str(getattr(value, "__name__", value))


def _mark(names: str, rows: list[tuple[str, tuple[Any, ...]]], options: Mapping[str, Any]) -> Mark:
    params = [pytest.param(*values, id=label) for label, values in rows]

    def apply(test: Any) -> Any:
        return pytest.mark.thorough(pytest.mark.parametrize(names, params, **options)(test))

    return apply
