"""Tells people what they have to know without looking: keeps alerts, chooses what is said and when, words and sends it.

In: what somebody found, by `send_alert` (it happened), `raise_alert` and `clear_alert` (it began, it ended), or by
`worker.rounds.watch`, which looks at the tables for the rest. Out: messages to the addresses of ALERT_URLS.
"""

from worker.alerts.book import clear_alert, raise_alert, send_alert

__all__ = ["clear_alert", "raise_alert", "send_alert"]
