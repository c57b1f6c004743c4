"""Replays of chosen deliveries: what would happen is found out first, then a person starts it, then it goes on by itself.

In: `replay_runs` and `replay_items`, which the page writes. Out: what was foretold and what came of each.
"""
