"""`python -m dev.chaos`: a salon day is posted while everything breaks; the simulated tax ledger says what came of it."""
