import pytest

from api.webhook.salon_limit import MAX_SALONS, SalonLimit, SalonTooFast


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def take_until_refused(limit: SalonLimit, company: int) -> int:
    taken = 0
    while True:
        try:
            limit.take([company])
        except SalonTooFast:
            return taken
        taken += 1


def test_a_burst_passes_and_then_the_rate_holds_for_this_salon_alone(clock: Clock) -> None:
    limit = SalonLimit(120, clock)
    assert take_until_refused(limit, 1) == 60
    limit.take([2])
    clock.now += 2.0
    assert take_until_refused(limit, 1) == 4


def test_a_list_is_taken_whole_or_not_at_all(clock: Clock) -> None:
    limit = SalonLimit(20, clock)
    limit.take([1] * 8 + [2] * 10 + [None] * 50)
    with pytest.raises(SalonTooFast, match="company 1,"):
        limit.take([3, 1, 1, 1])
    assert take_until_refused(limit, 3) == 10
    assert take_until_refused(limit, 1) == 2


def test_a_list_longer_than_a_bucket_needs_a_full_one(clock: Clock) -> None:
    limit = SalonLimit(20, clock)
    limit.take([1] * 500)
    with pytest.raises(SalonTooFast):
        limit.take([1] * 500)
    clock.now += 31
    limit.take([1] * 500)


def test_no_limit_is_the_default_outside_of_compose(clock: Clock) -> None:
    limit = SalonLimit(0, clock)
    for _ in range(5000):
        limit.take([1])


def test_idle_salons_are_forgotten(clock: Clock) -> None:
    limit = SalonLimit(120, clock)
    for company in range(MAX_SALONS):
        limit.take([company])
    clock.now += 10
    limit.take([MAX_SALONS])
    assert len(limit._buckets) == 1
