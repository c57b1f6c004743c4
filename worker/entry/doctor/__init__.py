"""An examination of the whole service: what is wrong, and what to do about it.

In: the environment of a process. Out: findings, worst first.
"""
