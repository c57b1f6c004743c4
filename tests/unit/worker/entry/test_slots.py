"""How many slots a worker has for so many registers."""

import pytest

from worker.entry.slots import count_slots


@pytest.mark.parametrize(
    ("registers", "slots"), [(0, 8), (1, 8), (4, 8), (5, 9), (50, 54), (124, 128), (125, 128), (1000, 128)]
)
def test_each_register_has_one_and_a_few_are_left(registers: int, slots: int) -> None:
    assert count_slots(registers) == slots
