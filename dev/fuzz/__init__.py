"""Mutated webhooks posted to a real API process: `make fuzz`."""
