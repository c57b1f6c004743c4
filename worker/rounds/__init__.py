"""Does what the clock and the desk start: puts lost work back, closes shifts at night, finds missed webhooks, empties rows.

In: a tick of beat, or an order of the payment page. Out: messages for the queues, closed shifts, emptied rows.
"""
