"""Where the worker's processes begin: the Celery application, its schedule and broker, its tasks.

In: a message, a tick or a command. Out: one use case that is called.
"""
