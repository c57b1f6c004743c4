"""The books of a cashbox's day: what Altegio says was paid against what was issued.

In: rows of the tables. Out: a comparison of which every line says why it differs.
"""
