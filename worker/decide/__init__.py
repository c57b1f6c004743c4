"""A delivery becomes a decision: a receipt is due, money is awaited, nothing is to be done, or a person is asked.

In: the id of a stored webhook. Out: what became of it, and a receipt row that waits to be issued.
"""
