"""Tries out what somebody waits for: addresses of alerts, the tokens of Altegio.

In: a row of `trials`. Out: its outcome, in words.
"""
