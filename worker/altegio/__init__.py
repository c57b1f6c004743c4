"""Altegio's REST API, read only and optional: the client, its errors, its limits, and reading what it answers."""
