"""Describes what the service keeps about itself."""
