"""Hands a message over by one of several channels: an e-mail, an SMS, a call of another system.

In: a letter, and what has to be committed right before it may be taken. Out: it was taken, or an error of `channel`.
"""
