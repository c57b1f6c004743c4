"""`python -m dev.salon_week`: exit code 0 when every receipt is as the books have it; the seed repeats the week."""

from dev.harness.command import run_suite
from dev.salon_week.outcome import Options
from dev.salon_week.run import Run

if __name__ == "__main__":
    run_suite("dev.salon_week", __doc__ or "", Options, lambda options, folder: Run(options, folder).run())
