"""Altegio's REST as a real HTTP server: state, rights, limits, and faults on order."""
