"""The trail of who did what, as people read it: names instead of numbers, narrowed down, as a file."""
