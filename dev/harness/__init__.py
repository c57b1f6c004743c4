"""What the suites and the tests share: a world of real processes, its clients, the oracle, the command line."""
