"""What the clock and the desk start: putting lost work back, nightly Z-reports, missed webhooks, retention.

In: a tick of beat, or an order of the payment page. Out: messages for the queues, closed shifts, emptied rows.
"""
