"""Reaches the database: its engine and sessions, its tables, its locks, and secrets at rest.

In: settings. Out: sessions and rows.
"""
