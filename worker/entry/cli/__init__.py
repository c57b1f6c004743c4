"""Runs the commands for people: `celery -A worker receipts | cashboxes | alerts | retention | doctor | books`.

In: what somebody typed. Out: tables on the terminal, and work that is queued.
"""
