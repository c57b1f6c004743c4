"""`python -m dev.month`: exit code 0 when every shift was closed in time, every Z-report agrees, and every planted
difference, and no other, was found."""

from dev.harness.command import run_suite
from dev.month.run import Options, run_month

if __name__ == "__main__":
    run_suite("dev.month", __doc__ or "", Options, run_month)
