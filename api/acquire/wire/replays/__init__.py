"""Replays of chosen deliveries: what would happen first, then start, progress and stop."""
