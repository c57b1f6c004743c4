"""Gives what stands around every page: the places, the state of the registers, the number of tasks."""
