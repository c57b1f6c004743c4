"""What the comparison with other queues says of a run: its counts are right where a fault left a hole."""

import pytest

from dev.bench.peers.counting import Outcome, Samples, count_doubled, count_lost, find_faulty, find_recovery


def sample(*counts: int) -> Samples:
    """Taken once a second from 0 on."""
    samples = Samples()
    for moment, count in enumerate(counts):
        samples.add(float(moment), count)
    return samples


def make_outcome(**changes: object) -> Outcome:
    usual = {"fault": "kills", "system": "ours", "before": 20.0, "after": 20.0, "recovery": 0.0, "drained": 0.0}
    return Outcome(**{**usual, "accepted": 100, "refused": 0, "lost": 0, "doubled": 0, **changes})  # type: ignore[arg-type]


def test_a_rate_between_two_samples_is_in_proportion() -> None:
    samples = sample(0, 10, 30)
    assert samples.rate(0, 2) == 15
    assert samples.rate(0.5, 1.5) == 15
    assert samples.rate(1, 2) == 20


@pytest.mark.parametrize(("moment", "count"), [(-1, 5), (0, 5), (2, 9), (7, 9)])
def test_beyond_the_samples_nothing_is_made_up(moment: float, count: float) -> None:
    assert sample(5, 7, 9).count_at(moment) == count


def test_without_samples_nothing_was_done() -> None:
    assert (Samples().last, Samples().count_at(3), sample(1, 4).last) == (0, 0, 4)


@pytest.mark.parametrize(
    ("counts", "recovery"),
    [
        ((0, 20, 40, 60), 0.0),
        ((0, 0, 0, 20), 2.0),
        ((0, 0, 20, 40), 1.0),
        ((0, 19, 38, 57), 0.0),  # 95 %
        ((0, 18, 36, 54), None),
    ],
)
def test_recovered_is_the_first_second_at_95_percent(counts: tuple[int, ...], recovery: float | None) -> None:
    assert find_recovery(sample(*counts), removed=0, end=3, before=20) == recovery


def test_a_burst_inside_a_second_is_found_where_it_is() -> None:
    assert find_recovery(sample(0, 0, 40, 40), removed=0, end=3, before=20) == 0.5


def test_lost_is_what_was_taken_and_never_done() -> None:
    assert count_lost({1, 2, 3}, [3, 1, 1]) == 1
    assert count_lost(set(), [3]) == 0


def test_doubled_is_a_number_of_its_own_time_done_twice_or_more_and_counts_once() -> None:
    assert count_doubled(range(10, 20), [10, 11, 11, 12, 12, 12]) == 2
    assert count_doubled(range(10, 20), [9, 9, 20, 20]) == 0


@pytest.mark.parametrize(
    ("changes", "is_faulty"),
    [
        ({}, False),
        ({"after": 19.6}, False),
        ({"after": 19.5}, True),
        ({"lost": 1}, True),
        ({"doubled": 1}, True),
        ({"before": 0.0, "after": 0.0}, True),
        ({"system": "celery", "lost": 1}, False),
    ],
)
def test_faulty_is_less_than_asked_for_or_anything_lost_or_doubled(changes: dict[str, object], is_faulty: bool) -> None:
    assert bool(find_faulty([make_outcome(**changes)], "ours", 0.98)) is is_faulty
