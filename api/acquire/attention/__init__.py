"""Finds what waits for a person: dead letters, returns that are due or were refused."""
