"""The salon week in the small: a day of three salons, a tenth of the webhooks lost. `make salon-week` is the long form."""

from pathlib import Path

from dev.salon_week.outcome import Options
from dev.salon_week.run import Run


def test_every_receipt_is_as_the_books_have_it(tmp_path: Path) -> None:
    options = Options(seed=1, days=1, visits=6, drop=0.1, workers=1, patience=40.0, write_back="on")

    result = Run(options, tmp_path).run()

    assert result.verdict.is_clean, result.format()
    assert result.caught_up > 0, result.format()
    assert sum(line["recovered"] for line in result.lines.values()) > 0, result.format()
    assert len(result.written) > 0, result.format()
