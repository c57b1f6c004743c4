"""Begins the worker's processes: the Celery application, its schedule and broker, its tasks, commands for people.

In: a message, a tick or a command. Out: one use case that is called.
"""
