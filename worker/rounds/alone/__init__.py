"""Does without the broker: a worker to which it gives no work takes it from the database, and sees to rounds that are late.

In: the database, and a broker that is away, refuses, or brings no ticks. Out: the same tasks, done by this process.
"""
