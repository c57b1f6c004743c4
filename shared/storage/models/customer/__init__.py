"""Describes the tables of how receipts get to their customers."""
