"""Serves the payment page: staff take a payment, see its receipt, return it.

It writes rows and enqueues; workers call Webkassa.
"""
