"""Examines the whole service: says what is wrong, and what to do about it.

In: the environment of a process. Out: findings, what others depend on first.
"""
