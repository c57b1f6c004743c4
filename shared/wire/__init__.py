"""Carries one HTTP request to a vendor and its answer back, and says for certain whether the request began to leave.

Not `requests`: it tells by the kind of an error, which is the same before and after a request has left; it begins its time
limit anew with every byte; and what is left over on a kept connection it takes for the next answer.
"""
