"""`python -m dev.chaos`: exit code 0 when nothing was lost, doubled or wrong; the seed repeats the day and its faults."""

import sys

from dev.chaos.options import Options
from dev.chaos.run import FAULTS, Run
from dev.harness.command import run_suite

if __name__ == "__main__":
    if {"list", "--faults=list"} & set(sys.argv):
        print("\n".join(fault.name for fault in FAULTS))
    else:
        run_suite("dev.chaos", __doc__ or "", Options, lambda options, folder: Run(options, folder).run())
