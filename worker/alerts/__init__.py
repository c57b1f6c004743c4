"""Alerts: what people have to know without looking.

Whoever finds something calls `send_alert` (it happened), `raise_alert` and `clear_alert` (it began, it ended); `watch` looks
at the tables for the rest. What is said, and when, is decided once every tick for all of it together (`grouping`).
"""

from worker.alerts.book import clear_alert, raise_alert, send_alert

__all__ = ["clear_alert", "raise_alert", "send_alert"]
