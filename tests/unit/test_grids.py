"""What a grid shows by default: every value, or every pair; the same rows each time, and few of them."""

from itertools import product

import pytest

from tests.support.grids import cover

SIZES = [(6, 2, 2), (3, 2, 2), (4, 9), (2, 5, 3, 4), (1, 3), (7,)]


def rows_of(sizes: tuple[int, ...]) -> list[tuple[int, ...]]:
    return list(product(*map(range, sizes)))


@pytest.mark.parametrize("sizes", SIZES)
def test_every_value_is_shown(sizes: tuple[int, ...]) -> None:
    chosen = cover(rows_of(sizes), 1)
    assert [set(values) for values in zip(*chosen, strict=True)] == [set(range(size)) for size in sizes]
    assert len(chosen) == max(sizes)


@pytest.mark.parametrize("sizes", [sizes for sizes in SIZES if len(sizes) > 1])
def test_every_pair_is_shown(sizes: tuple[int, ...]) -> None:
    chosen = cover(rows_of(sizes), 2)
    for one in range(len(sizes)):
        for other in range(one):
            assert len({(row[one], row[other]) for row in chosen}) == sizes[one] * sizes[other]
    assert len(chosen) < len(rows_of(sizes)) or len(sizes) == 2


def test_pairs_of_three_axes_take_half_of_their_rows() -> None:
    assert [len(cover(rows_of(sizes), 2)) for sizes in ((2, 2, 2), (6, 2, 2), (2, 4, 2))] == [4, 12, 8]


def test_no_axis_keeps_to_its_first_value() -> None:
    chosen = cover(rows_of((6, 2)), 1)
    assert sorted(short for _, short in chosen) == [0, 0, 0, 1, 1, 1]


def test_it_is_the_same_each_time() -> None:
    rows = rows_of((5, 4, 3))
    assert cover(rows, 2) == cover(rows, 2) != cover(rows, 1)
