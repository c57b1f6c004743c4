"""Holds what both processes need: configuration, tables, payload models, money, names of queues and tasks."""
