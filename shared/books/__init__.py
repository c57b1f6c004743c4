"""Compares, day by day and cashbox by cashbox, what Altegio says was paid with what was issued and counted.

In: rows of the tables. Out: a comparison of which every line says why it differs.
"""
