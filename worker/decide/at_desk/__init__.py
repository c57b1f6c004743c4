"""Decides about sales that the desk made itself: no word of Altegio's is known of them, and none is asked for.

In: a desk sale with its payment. Out: its receipt.
"""
