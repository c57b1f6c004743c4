"""Gives a cashbox one caller at a time: the claim, the log of calls, the rest after a failure.

In: the id of a cashbox. Out: a claim that is held, or none; rows that say what was asked and answered.
"""
