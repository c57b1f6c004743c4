"""Tells whom a receipt goes to and what they read: addresses as they may be used, the words and the link. Pure.

In: what Altegio or staff wrote of a client. Out: a phone, an e-mail address, a message; or nothing where it cannot be
right.
"""
