"""Describes what the wire keeps: replays with their previews, and what examinations found."""
