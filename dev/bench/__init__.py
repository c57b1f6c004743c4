"""Measurements: real processes, printed tables, nothing asserted about time."""
