"""Looks for trouble before somebody asks, and tells it.

In: the tables, Redis and Webkassa's licences. Out: conditions that become alerts, and their all-clear.
"""
