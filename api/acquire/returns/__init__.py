"""Orders a return: which lines, how much, why."""
