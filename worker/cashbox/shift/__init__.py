"""Keeps the shift of a cashbox: its reports, its rows, its clock, and whether it counts what we issued.

In: a claim on the cashbox. Out: a shift that is closed and stored with its Z-report.
"""
