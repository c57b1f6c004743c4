"""Defines the words of fiscal law in code: money, states, ways of payment, the Z-report. Pure.

In: texts and numbers of both systems. Out: exact sums and known words.
"""
