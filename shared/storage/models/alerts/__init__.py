"""Describes the tables of alerts: what is wrong at present, and what was told of it."""
