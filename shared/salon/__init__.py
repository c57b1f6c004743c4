"""Reads what a salon has chosen and what was seen of it, for both processes: choices, accounts.

In: settings, rows of `cashboxes` and of payments. Out: the words that hold for a salon, and how its accounts are taken.
"""
