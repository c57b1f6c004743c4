"""Gets receipts to their customers: to whom, by which channel, each once.

In: what Altegio and staff know of a client, and issued receipts. Out: the addresses that Webkassa is told, and messages.
"""
