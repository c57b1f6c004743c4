"""Describes the tables of goods: their codes, and the lines of receipts that are counted by them."""
