"""Describes the tables of the payment page: its people, what they see, what they took and ordered."""
